#include "tests/cluster/authority.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <initializer_list>
#include <random>
#include <utility>

#include "engine/base/check.h"
#include "services/common/openssl_handles.h"
#include "services/common/process.h"

namespace lawine {
namespace {

std::string TextOf(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string Pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  LAWINE_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return TextOf(bio);
}

std::string Pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  LAWINE_CHECK(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextOf(bio);
}

using Extensions = std::initializer_list<std::pair<int, std::string>>;

// Signed by `issuer_key` in the name of `issuer`, or by itself where there is none.
X509Ptr Certificate(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                    const CertificateWish& wish, const Extensions& extensions) {
  X509Ptr made(X509_new());
  std::random_device entropy;
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), static_cast<long>(entropy() >> 1));
  X509_gmtime_adj(X509_getm_notBefore(made.get()), absl::ToInt64Seconds(wish.begins));
  X509_gmtime_adj(X509_getm_notAfter(made.get()), absl::ToInt64Seconds(wish.ends));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* const from = issuer != nullptr ? issuer : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(from));
  X509_set_pubkey(made.get(), key);
  X509V3_CTX context{};
  X509V3_set_ctx(&context, from, made.get(), nullptr, nullptr, 0);
  for (const auto& [kind, value] : extensions) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    LAWINE_CHECK(extension != nullptr && X509_add_ext(made.get(), extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }
  LAWINE_CHECK(X509_sign(made.get(), issuer_key, EVP_sha256()) != 0);
  return made;
}

}  // namespace

struct Authority::Parts {
  KeyPtr key;
  X509Ptr certificate;
};

Authority::Authority(const std::string& name) : parts_(std::make_unique<Parts>()) {
  parts_->key.reset(EVP_EC_gen("P-256"));
  LAWINE_CHECK(parts_->key != nullptr);
  parts_->certificate =
      Certificate(name, parts_->key.get(), nullptr, parts_->key.get(), {},
                  {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign"}});
}

Authority::~Authority() = default;

CertificateTexts Authority::Issue(const CertificateWish& wish) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr leaf = Certificate("leaf", key.get(), parts_->certificate.get(), parts_->key.get(), wish,
                                   {{NID_basic_constraints, "critical,CA:FALSE"},
                                    {NID_ext_key_usage, wish.usages},
                                    {NID_subject_alt_name, wish.names}});
  return {.ca = Pem(parts_->certificate.get()), .certificate = Pem(leaf.get()), .key = Pem(key.get())};
}

CertificateFiles WriteCertificates(const std::filesystem::path& folder, const CertificateTexts& texts) {
  std::filesystem::create_directories(folder);
  const CertificateFiles files{
      .ca = folder / "ca.crt", .certificate = folder / "tls.crt", .key = folder / "tls.key"};
  LAWINE_CHECK(WriteFileAtomically(files.ca, texts.ca).ok());
  LAWINE_CHECK(WriteFileAtomically(files.key, texts.key).ok());
  LAWINE_CHECK(WriteFileAtomically(files.certificate, texts.certificate).ok());
  return files;
}

}  // namespace lawine
