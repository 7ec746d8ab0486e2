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
  // All that takes a descriptor comes first.
  const bool has_ca = !files_.ca.empty();
  if (has_ca) LAWINE_RETURN_IF_ERROR(roots_.Prepare(texts.ca));
  LAWINE_RETURN_IF_ERROR(identity_.Prepare(absl::StrCat(texts.certificate, "\n", texts.key)));
  if (has_ca) LAWINE_RETURN_IF_ERROR(roots_.Show());
  return identity_.Show();
}

void Certificates::TellUnpublished(const absl::Status& status) {
  if (std::exchange(told_unpublished_, true)) return;
  ++reloads_.failed;
  spdlog::error("the new certificate of the {} port is not in use yet, it is tried again: {}", name_,
                std::string(status.message()));
}

void Certificates::Look() {
  const auto found = ReadCertificates(files_);
  if (!decision_.IsNew(found)) return;
  const auto ends = found.ok() ? CheckCertificates(files_, *found, absl::Now()) : found.status();
  if (!ends.ok()) {
    if (!decision_.Refused(found)) return;
    ++reloads_.failed;
    spdlog::error("the certificate of the {} port stays the one it was: {}", name_,
                  std::string(ends.status().message()));
    return;
  }
  // Nothing is wrong with the files: as long as they are not in use they stay new.
  if (const absl::Status published = Publish(*found); !published.ok()) return TellUnpublished(published);
  told_unpublished_ = false;
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
