// Why a connection that is to be protected does not come about.
#ifndef LAWINE_SERVICES_COMMON_TLS_PROBE_H_
#define LAWINE_SERVICES_COMMON_TLS_PROBE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/certificate_files.h"

namespace lawine {

// Tries one handshake with HOST:PORT as a caller with these certificates (certificate and key may be empty),
// which gRPC does not explain. OK when it succeeds; UNAVAILABLE when nobody answers within `timeout`, and
// PERMISSION_DENIED when one side refuses the other's certificate: whose, and why.
absl::Status ProbeTls(const std::string& address, const std::string& server_name,
                      const CertificateTexts& texts, absl::Duration timeout);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_TLS_PROBE_H_
