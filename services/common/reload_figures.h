// Certificates and reloads in figures.
#ifndef LAWINE_SERVICES_COMMON_RELOAD_FIGURES_H_
#define LAWINE_SERVICES_COMMON_RELOAD_FIGURES_H_

#include <string>
#include <vector>

#include "services/common/certificates.h"
#include "services/common/metric_families.h"

namespace lawine {

struct PortCertificates {
  std::string port;                  // "cluster", "public"
  const Certificates* certificates;  // may be null
};

// `tokens` may be null.
inline void AddReloadFigures(const std::vector<PortCertificates>& ports, const ReloadCounts* tokens,
                             MetricFamilies& families) {
  std::vector<MetricValue> ends;
  double ok = 0;
  double failed = 0;
  for (const PortCertificates& port : ports) {
    if (port.certificates == nullptr) continue;
    ends.push_back(
        {static_cast<double>(absl::ToUnixSeconds(port.certificates->ends())), {{"port", port.port}}});
    ok += static_cast<double>(port.certificates->reloads().ok);
    failed += static_cast<double>(port.certificates->reloads().failed);
  }
  AddGauges(families, "lawine_certificate_expiry_timestamp_seconds", "When the certificate in use ends.",
            ends);
  std::vector<MetricValue> reloads = {{ok, {{"what", "certificates"}, {"result", "ok"}}},
                                      {failed, {{"what", "certificates"}, {"result", "failed"}}}};
  if (tokens != nullptr) {
    reloads.push_back({static_cast<double>(tokens->ok), {{"what", "tokens"}, {"result", "ok"}}});
    reloads.push_back({static_cast<double>(tokens->failed), {{"what", "tokens"}, {"result", "failed"}}});
  }
  AddCounters(families, "lawine_reloads_total", "Files that were read again because they changed.", reloads);
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_RELOAD_FIGURES_H_
