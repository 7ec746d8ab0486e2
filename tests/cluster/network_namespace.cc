#include "tests/cluster/network_namespace.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace lawine {

// One for each process that tests, by its number: of its lowest 15 bits none is left out.
NetworkNamespace::NetworkNamespace() {
  const auto number = static_cast<unsigned>(getpid());
  name_ = absl::StrCat("lawine-", number);
  cable_ = absl::StrCat("lw", number);
  const std::string network = absl::StrCat("198.", 18 + number / 16384 % 2, ".", number / 64 % 256, ".");
  const unsigned first = number % 64 * 4;
  outside_ = absl::StrCat(network, first + 1);
  inside_ = absl::StrCat(network, first + 2);
  if (geteuid() != 0) {
    problem_ = "network namespaces need root";
    return;
  }
  const bool made = Run("ip netns add " + name_) &&
                    Run(absl::StrCat("ip link add ", cable_, " type veth peer name inside netns ", name_)) &&
                    Run(absl::StrCat("ip addr add ", outside_, "/30 dev ", cable_)) &&
                    Run(absl::StrCat("ip link set ", cable_, " up")) && RunInside("ip link set lo up") &&
                    RunInside(absl::StrCat("ip addr add ", inside_, "/30 dev inside")) &&
                    RunInside("ip link set inside up") && RunInside("iptables -L -n");
  if (!made) problem_ = "no network namespace could be made: is there ip (iproute2) and iptables?";
}

NetworkNamespace::~NetworkNamespace() {
  Run("ip link del " + cable_);
  Run("ip netns del " + name_);
}

void NetworkNamespace::CutCable() { LAWINE_CHECK(Run(absl::StrCat("ip link set ", cable_, " down"))); }

void NetworkNamespace::LoseWhatIsSentIn() { LAWINE_CHECK(RunInside("iptables -A INPUT -i inside -j DROP")); }

void NetworkNamespace::LoseWhatIsSentOut() {
  LAWINE_CHECK(RunInside("iptables -A OUTPUT -o inside -j DROP"));
}

void NetworkNamespace::LoseWhatIsSentTo(int port) {
  LAWINE_CHECK(RunInside(absl::StrCat("iptables -A OUTPUT -o inside -p tcp --dport ", port, " -j DROP")));
}

void NetworkNamespace::Repair() {
  LAWINE_CHECK(RunInside("iptables -F") && Run(absl::StrCat("ip link set ", cable_, " up")));
}

bool NetworkNamespace::Run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace lawine
