// Certificates as they are in files: read, and checked before anybody uses them.
#ifndef LAWINE_SERVICES_COMMON_CERTIFICATE_FILES_H_
#define LAWINE_SERVICES_COMMON_CERTIFICATE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lawine {

// Paths of PEM files.
struct CertificateFiles {
  std::string ca;           // who signs the others' certificates; empty: nobody is asked for one
  std::string certificate;  // ours, and what is between it and the CA
  std::string key;

  bool none() const { return ca.empty() && certificate.empty() && key.empty(); }
};

// What is in them.
struct CertificateTexts {
  std::string ca;
  std::string certificate;
  std::string key;

  bool operator==(const CertificateTexts&) const = default;
};

// INVALID_ARGUMENT, naming the flag, when one is missing beside others. Flags are `flags`-cert and so on,
// such as --tls-cert; those of a port for everybody have no CA.
absl::Status CheckGiven(const CertificateFiles& files, const std::string& flags, bool with_ca);

// INVALID_ARGUMENT, naming the file, when one cannot be read.
absl::StatusOr<CertificateTexts> ReadCertificates(const CertificateFiles& files);

// When the certificate ends. INVALID_ARGUMENT, naming the file, unless all are PEM, the key is the
// certificate's, it is valid at `now`, and (with a CA) the CA signed it for both ends of a connection.
absl::StatusOr<absl::Time> CheckCertificates(const CertificateFiles& files, const CertificateTexts& texts,
                                             absl::Time now);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_CERTIFICATE_FILES_H_
