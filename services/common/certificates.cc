#include "services/common/certificates.h"

#include <grpcpp/security/tls_credentials_options.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace lawine {

namespace tls = ::grpc::experimental;

namespace {

constexpr unsigned kProviderEverySeconds = 1;

std::string Ends(absl::Time ends) { return absl::FormatTime(ends, absl::UTCTimeZone()); }

}  // namespace

absl::StatusOr<std::shared_ptr<Certificates>> Certificates::Load(const CertificateFiles& files,
                                                                 std::string name) {
  LAWINE_ASSIGN_OR_RETURN(CertificateTexts texts, ReadCertificates(files));
  LAWINE_ASSIGN_OR_RETURN(const absl::Time ends, CheckCertificates(files, texts, absl::Now()));
  std::shared_ptr<Certificates> loaded(new Certificates(files, std::move(name), texts, ends));
  LAWINE_RETURN_IF_ERROR(loaded->Publish(texts));
  loaded->provider_ = std::make_shared<tls::FileWatcherCertificateProvider>(
      loaded->identity_.path(), loaded->identity_.path(), files.ca.empty() ? "" : loaded->roots_.path(),
      kProviderEverySeconds);
  loaded->looking_ = std::make_unique<Repeating>(kReloadEvery, [raw = loaded.get()] { raw->Look(); });
  return loaded;
}

Certificates::Certificates(const CertificateFiles& files, std::string name, CertificateTexts texts,
                           absl::Time ends)
    : files_(files), name_(std::move(name)), decision_(texts), texts_(std::move(texts)), ends_(ends) {}

absl::Status Certificates::Publish(const CertificateTexts& texts) {
  if (!files_.ca.empty()) LAWINE_RETURN_IF_ERROR(roots_.Replace(texts.ca));
  return identity_.Replace(absl::StrCat(texts.certificate, "\n", texts.key));
}

void Certificates::Look() {
  const auto found = ReadCertificates(files_);
  if (!decision_.IsNew(found)) return;
  const auto ends = found.ok() ? CheckCertificates(files_, *found, absl::Now()) : found.status();
  absl::Status status = ends.status();
  if (status.ok()) status = Publish(*found);
  if (!status.ok()) {
    if (!decision_.Refused(found)) return;
    ++reloads_.failed;
    spdlog::error("the certificate of the {} port stays the one it was: {}", name_,
                  std::string(status.message()));
    return;
  }
  decision_.Used(found);
  ++reloads_.ok;
  spdlog::info("the certificate of the {} port was read again: it ends {}", name_, Ends(*ends));
  MutexLock lock(mutex_);
  texts_ = *found;
  ends_ = *ends;
}

std::shared_ptr<grpc::ServerCredentials> Certificates::ForServer() const {
  tls::TlsServerCredentialsOptions options(provider_);
  options.watch_identity_key_cert_pairs();
  if (!files_.ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> Certificates::ForChannels() const {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return tls::TlsCredentials(options);
}

CertificateTexts Certificates::texts() const {
  MutexLock lock(mutex_);
  return texts_;
}

absl::Time Certificates::ends() const {
  MutexLock lock(mutex_);
  return ends_;
}

absl::Status Certificates::Check() const {
  const absl::Time end = ends();
  if (absl::Now() < end) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the certificate has expired, it ended ", Ends(end)));
}

}  // namespace lawine
