// PROGRAM drain --data DIR --timeout-seconds N: what runs before a server is stopped.
#ifndef LAWINE_SERVICES_SERVER_DRAIN_COMMAND_H_
#define LAWINE_SERVICES_SERVER_DRAIN_COMMAND_H_

#include <optional>
#include <string>

namespace lawine {

// The exit code when the command line says `drain`: 0 when the server has nothing left to do, or was told and
// has something left after the time given; 1 when it could not be told. None for other command lines.
std::optional<int> RunDrainCommand(const std::string& program, int count, char** arguments);

}  // namespace lawine

#endif  // LAWINE_SERVICES_SERVER_DRAIN_COMMAND_H_
