// A network namespace of its own for a process, joined to this machine's by one cable that can be cut. Needs
// root, `ip` and `iptables`.
#ifndef LAWINE_TESTS_CLUSTER_NETWORK_NAMESPACE_H_
#define LAWINE_TESTS_CLUSTER_NETWORK_NAMESPACE_H_

#include <string>
#include <vector>

namespace lawine {

class NetworkNamespace {
 public:
  // Addresses are of 198.18.0.0/15, which is for tests of networks.
  NetworkNamespace();
  // Ends the namespace; processes in it must have ended.
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  // Why it could not be made; empty when it is there.
  const std::string& problem() const { return problem_; }
  // Of this machine, as seen from inside.
  const std::string& outside() const { return outside_; }
  const std::string& inside() const { return inside_; }
  // What stands before a command that is to run inside.
  std::vector<std::string> Prefix() const { return {"/usr/bin/env", "ip", "netns", "exec", name_}; }

  void CutCable();
  // What is sent to the inside is lost, or what is sent from there.
  void LoseWhatIsSentIn();
  void LoseWhatIsSentOut();
  // What is sent from there to one of this machine's ports is lost.
  void LoseWhatIsSentTo(int port);
  void Repair();

 private:
  bool Run(const std::string& command);
  bool RunInside(const std::string& command) { return Run("ip netns exec " + name_ + " " + command); }

  std::string name_, cable_, outside_, inside_;
  std::string problem_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_NETWORK_NAMESPACE_H_
