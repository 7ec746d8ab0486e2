#include "services/common/certificate_files.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "services/common/openssl_handles.h"
#include "services/common/process.h"

namespace lawine {
namespace {

constexpr std::size_t kFileBytesMax = 1 << 20;

absl::Status Wrong(const std::string& file, const std::string& what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", what));
}

absl::StatusOr<std::string> ReadPem(const std::string& file) {
  auto text = ReadRegularFile(file, kFileBytesMax);
  if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
  return text;
}

// Never asks at a terminal for the password of a key.
int NoPassword(char*, int, int, void*) { return -1; }

absl::StatusOr<std::vector<X509Ptr>> Chain(const std::string& file, const std::string& pem) {
  const BioPtr bio = BioOf(pem);
  std::vector<X509Ptr> chain;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)) chain.emplace_back(next);
  ERR_clear_error();
  if (chain.empty()) return Wrong(file, "expected certificates in PEM, found none");
  return chain;
}

absl::StatusOr<absl::Time> TimeOf(const std::string& file, const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Wrong(file, "its certificate has dates nobody can read");
  return absl::FromTM(parts, absl::UTCTimeZone());
}

absl::StatusOr<absl::Time> CheckDates(const std::string& file, const X509& leaf, absl::Time now) {
  LAWINE_ASSIGN_OR_RETURN(const absl::Time begins, TimeOf(file, X509_get0_notBefore(&leaf)));
  LAWINE_ASSIGN_OR_RETURN(const absl::Time ends, TimeOf(file, X509_get0_notAfter(&leaf)));
  const auto text = [](absl::Time time) { return absl::FormatTime(time, absl::UTCTimeZone()); };
  if (now < begins) return Wrong(file, absl::StrCat("the certificate is not valid before ", text(begins)));
  if (now >= ends) {
    return Wrong(file, absl::StrCat("the certificate has expired, it ended ", text(ends), ": renew it"));
  }
  return ends;
}

absl::Status CheckKey(const CertificateFiles& files, const CertificateTexts& texts, X509& leaf) {
  const BioPtr bio = BioOf(texts.key);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return Wrong(files.key, "expected a private key in PEM without password, found none");
  if (X509_check_private_key(&leaf, key.get()) == 1) return absl::OkStatus();
  return Wrong(files.key, absl::StrCat("is not the key of the certificate in ", files.certificate));
}

// Workers and coordinator call each other with the same certificate.
absl::Status CheckPurposes(const std::string& file, X509& leaf) {
  if (X509_check_purpose(&leaf, X509_PURPOSE_SSL_CLIENT, 0) == 1 &&
      X509_check_purpose(&leaf, X509_PURPOSE_SSL_SERVER, 0) == 1) {
    return absl::OkStatus();
  }
  return Wrong(file,
               "expected a certificate for both ends of a connection (extended key usage serverAuth and "
               "clientAuth), found one that is not");
}

absl::Status CheckSigned(const CertificateFiles& files, const std::vector<X509Ptr>& cas,
                         const std::vector<X509Ptr>& chain, absl::Time now) {
  const X509StorePtr store(X509_STORE_new());
  for (const X509Ptr& ca : cas) X509_STORE_add_cert(store.get(), ca.get());
  STACK_OF(X509)* between = sk_X509_new_null();
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between, chain[i].get());
  const X509StoreContextPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between);
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  const bool good = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  sk_X509_free(between);
  if (good) return absl::OkStatus();
  return Wrong(files.certificate, absl::StrCat("certificate verify failed against the CA in ", files.ca, ": ",
                                               X509_verify_cert_error_string(error)));
}

}  // namespace

absl::Status CheckGiven(const CertificateFiles& files, const std::string& flags, bool with_ca) {
  if (files.none()) return absl::OkStatus();
  std::vector<std::pair<std::string, const std::string*>> needed = {{flags + "-cert", &files.certificate},
                                                                    {flags + "-key", &files.key}};
  if (with_ca) needed.insert(needed.begin(), {flags + "-ca", &files.ca});
  std::vector<std::string> names;
  for (const auto& [name, file] : needed) names.push_back(name);
  for (const auto& [name, file] : needed) {
    if (!file->empty()) continue;
    return absl::InvalidArgumentError(absl::StrCat(name, ": expected a file, found none: give ",
                                                   absl::StrJoin(names, ", "), " together, or none of them"));
  }
  return absl::OkStatus();
}

absl::StatusOr<CertificateTexts> ReadCertificates(const CertificateFiles& files) {
  CertificateTexts texts;
  if (!files.ca.empty()) {
    LAWINE_ASSIGN_OR_RETURN(texts.ca, ReadPem(files.ca));
  }
  LAWINE_ASSIGN_OR_RETURN(texts.certificate, ReadPem(files.certificate));
  LAWINE_ASSIGN_OR_RETURN(texts.key, ReadPem(files.key));
  return texts;
}

absl::StatusOr<absl::Time> CheckCertificates(const CertificateFiles& files, const CertificateTexts& texts,
                                             absl::Time now) {
  LAWINE_ASSIGN_OR_RETURN(const std::vector<X509Ptr> chain, Chain(files.certificate, texts.certificate));
  LAWINE_RETURN_IF_ERROR(CheckKey(files, texts, *chain.front()));
  LAWINE_ASSIGN_OR_RETURN(const absl::Time ends, CheckDates(files.certificate, *chain.front(), now));
  if (files.ca.empty()) return ends;
  LAWINE_ASSIGN_OR_RETURN(const std::vector<X509Ptr> cas, Chain(files.ca, texts.ca));
  LAWINE_RETURN_IF_ERROR(CheckSigned(files, cas, chain, now));
  LAWINE_RETURN_IF_ERROR(CheckPurposes(files.certificate, *chain.front()));
  return ends;
}

}  // namespace lawine
