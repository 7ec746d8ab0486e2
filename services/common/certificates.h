// Certificates of a process that are read again when their files change.
#ifndef LAWINE_SERVICES_COMMON_CERTIFICATES_H_
#define LAWINE_SERVICES_COMMON_CERTIFICATES_H_

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/certificate_files.h"
#include "services/common/memory_file.h"
#include "services/common/reloading.h"
#include "services/common/repeating.h"

namespace lawine {

// Thread-safe. New connections use new certificates within about two seconds of their files' change; those
// that do not pass CheckCertificates are refused, said in the log, and the old ones stay in use. gRPC 1.51
// can fetch server certificates itself, by a callback that uses a freed context when two connections come at
// once, or by watching files without checking them: what it watches here are copies in memory of what was
// checked.
class Certificates {
 public:
  // `name` is for the log. INVALID_ARGUMENT as CheckCertificates.
  static absl::StatusOr<std::shared_ptr<Certificates>> Load(const CertificateFiles& files, std::string name);

  // For a port. With a CA callers need a certificate that it signed.
  std::shared_ptr<grpc::ServerCredentials> ForServer() const;
  // For calls to those whose certificate the CA signed. REQUIRES: files.ca is given.
  std::shared_ptr<grpc::ChannelCredentials> ForChannels() const;

  const CertificateFiles& files() const { return files_; }
  CertificateTexts texts() const;
  absl::Time ends() const;
  // INVALID_ARGUMENT when those in use have expired.
  absl::Status Check() const;
  const ReloadCounts& reloads() const { return reloads_; }

 private:
  Certificates(const CertificateFiles& files, std::string name, CertificateTexts texts, absl::Time ends);
  // Shows all of it, or nothing.
  absl::Status Publish(const CertificateTexts& texts);
  // Once until it succeeds.
  void TellUnpublished(const absl::Status& status);
  void Look();

  const CertificateFiles files_;
  const std::string name_;
  ReloadCounts reloads_;
  MemoryFile identity_;  // certificate and key in one: no reader gets them from different versions
  MemoryFile roots_;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;
  ReloadDecision<CertificateTexts> decision_;  // of Look
  bool told_unpublished_ = false;              // of Look
  mutable Mutex mutex_;
  CertificateTexts texts_ ABSL_GUARDED_BY(mutex_);
  absl::Time ends_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Repeating> looking_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_CERTIFICATES_H_
