// Certificates for tests: a CA of one's own, and what it signs.
#ifndef LAWINE_TESTS_CLUSTER_AUTHORITY_H_
#define LAWINE_TESTS_CLUSTER_AUTHORITY_H_

#include <filesystem>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "services/common/certificate_files.h"

namespace lawine {

struct CertificateWish {
  std::string names = "DNS:localhost,IP:127.0.0.1";
  std::string usages = "serverAuth,clientAuth";
  absl::Duration begins = -absl::Hours(1);  // from now
  absl::Duration ends = absl::Hours(24);
};

// Dies when OpenSSL cannot do it.
class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  // The texts, with this authority's certificate as the CA.
  CertificateTexts Issue(const CertificateWish& wish = {});

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

// Writes ca.crt, tls.crt and tls.key to the folder, made if missing, each replaced at once.
CertificateFiles WriteCertificates(const std::filesystem::path& folder, const CertificateTexts& texts);

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_AUTHORITY_H_
