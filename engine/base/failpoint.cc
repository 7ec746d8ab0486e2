#include "engine/base/failpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace lawine {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

// Set once, before threads start; never freed.
const Files* armed = nullptr;

}  // namespace

bool ArmFailpoints(std::string_view text) {
  Files files;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    const std::size_t equals = item.find('=');
    if (equals == 0 || equals + 1 >= item.size() || equals == std::string_view::npos) return false;
    files.emplace(item.substr(0, equals), item.substr(equals + 1));
    text.remove_prefix(item.size() == text.size() ? text.size() : item.size() + 1);
  }
  armed = new Files(std::move(files));
  return true;
}

void Failpoint(std::string_view name) {
  if (armed == nullptr) return;
  const auto found = armed->find(name);
  if (found == armed->end()) return;
  if (open(found->second.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644) < 0) return;
  kill(getpid(), SIGKILL);
  pause();
}

}  // namespace lawine
