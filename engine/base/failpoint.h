// Named places where a test ends the process: between two things that are done to the disk, where no kill
// from outside can be timed. Never armed but by who starts the process; a place costs one load then.
#ifndef LAWINE_ENGINE_BASE_FAILPOINT_H_
#define LAWINE_ENGINE_BASE_FAILPOINT_H_

#include <string_view>

namespace lawine {

// "NAME=FILE,NAME=FILE": who passes NAME first makes FILE and dies as of kill -9; where FILE is there
// already, nothing happens. Call before threads start. False when the text is nothing of the kind.
bool ArmFailpoints(std::string_view text);

// REQUIRES: tests list the name (tests/cluster/failpoint_test.cc).
void Failpoint(std::string_view name);

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_FAILPOINT_H_
