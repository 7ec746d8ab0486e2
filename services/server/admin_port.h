// What an operator and the platform ask of one process, over plain HTTP: read only, without secrets.
#ifndef LAWINE_SERVICES_SERVER_ADMIN_PORT_H_
#define LAWINE_SERVICES_SERVER_ADMIN_PORT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/health_check.h"
#include "services/common/metric_families.h"

namespace lawine {

// What pages are made of; called by the port's thread.
struct AdminSource {
  std::function<std::vector<HealthCheck>()> checks;  // /readyz: 503 while one fails; ?verbose lists them
  std::function<MetricFamilies()> collect;           // /metrics
  std::function<std::string()> config;               // /config: JSON
};

struct AdminPage {
  unsigned code = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
};

// The page at a path, 404 where there is none. /livez says that the process answers.
AdminPage MakeAdminPage(const AdminSource& source, const std::string& path, bool verbose);

// Serves from construction until it is destroyed, on one thread, at most 32 connections at once, each at most
// 10 s without a word. One more takes the place of that which has asked for nothing for longest.
class AdminPort {
 public:
  // `listen`: HOST:PORT, an address (not a name), port 0 is any free one. INVALID_ARGUMENT for what is no
  // such text, UNAVAILABLE when the port is taken.
  static absl::StatusOr<std::unique_ptr<AdminPort>> Start(const std::string& listen, AdminSource source);
  virtual ~AdminPort() = default;
  // HOST:PORT really bound.
  virtual const std::string& address() const = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_SERVER_ADMIN_PORT_H_
