// Descriptors: what a server process may have open, files and connections, and what becomes of callers when
// nothing is left.
#ifndef LAWINE_SERVICES_SERVER_DESCRIPTORS_H_
#define LAWINE_SERVICES_SERVER_DESCRIPTORS_H_

namespace lawine {

// Raises the limit of this process as far as it may (the log tells where that fails), and takes a descriptor
// to spare. Call in main, before anything listens. Connections never take the last ones, which are left for
// files: callers beyond that are refused, and ports go on listening (see accept4 in the source).
void PrepareDescriptors();

// Connections of `listener` may take the last ones too: it lets in few at a time. One of a process; -1: none.
void LetTakeTheLast(int listener);

}  // namespace lawine

#endif  // LAWINE_SERVICES_SERVER_DESCRIPTORS_H_
