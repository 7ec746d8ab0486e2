#include "services/common/tls_probe.h"

#include <netdb.h>
#include <openssl/err.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "services/common/openssl_handles.h"

namespace lawine {
namespace {

class Socket {
 public:
  explicit Socket(int file) : file_(file) {}
  ~Socket() {
    if (file_ >= 0) close(file_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return file_; }

 private:
  const int file_;
};

// OpenSSL writes to sockets that others have closed; the signal of it would end the process.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

// -1 when nobody answers.
int Connect(const std::string& host, const std::string& port, absl::Duration timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
  int file = -1;
  const timeval patience = absl::ToTimeval(timeout);
  for (const addrinfo* one = found; one != nullptr && file < 0; one = one->ai_next) {
    file = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (file < 0) continue;
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(file, one->ai_addr, one->ai_addrlen) == 0) break;
    close(file);
    file = -1;
  }
  freeaddrinfo(found);
  return file;
}

void Trust(SSL_CTX& context, const std::string& pem) {
  const BioPtr bio = BioOf(pem);
  while (X509* ca = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), ca);
    X509_free(ca);
  }
}

void Present(SSL_CTX& context, const CertificateTexts& texts) {
  if (texts.certificate.empty()) return;
  const BioPtr bio = BioOf(texts.certificate);
  const X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const BioPtr key_bio = BioOf(texts.key);
  const KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (certificate != nullptr) SSL_CTX_use_certificate(&context, certificate.get());
  if (key != nullptr) SSL_CTX_use_PrivateKey(&context, key.get());
  while (X509* between = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add_extra_chain_cert(&context, between);
  }
}

std::string LastReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "the connection was closed";
}

// How SSL_connect or SSL_read failed. `what` they would have refused.
absl::Status Failure(const SSL& ssl, int result, const std::string& what, const std::string& address) {
  const int error = SSL_get_error(&ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return absl::UnavailableError(absl::StrCat(address, " does not answer in time"));
  }
  return absl::PermissionDeniedError(absl::StrCat(what, " was refused: ", LastReason()));
}

}  // namespace

absl::Status ProbeTls(const std::string& address, const std::string& server_name,
                      const CertificateTexts& texts, absl::Duration timeout) {
  const std::size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  const Socket socket(colon == std::string::npos ? -1 : Connect(host, address.substr(colon + 1), timeout));
  if (socket.get() < 0) return absl::UnavailableError(absl::StrCat("nobody answers at ", address));
  const NoPipeSignal no_signal;
  const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  Trust(*context, texts.ca);
  Present(*context, texts);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kHttp2, sizeof(kHttp2));
  const SslPtr ssl(SSL_new(context.get()));
  const std::string& name = server_name.empty() ? host : server_name;
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl.get());
  // A name is no address, and the other way round.
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) != 1) SSL_set1_host(ssl.get(), name.c_str());
  SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  SSL_set_fd(ssl.get(), socket.get());
  ERR_clear_error();
  const int connected = SSL_connect(ssl.get());
  if (const long verified = SSL_get_verify_result(ssl.get()); connected != 1 && verified != X509_V_OK) {
    return absl::PermissionDeniedError(
        absl::StrCat("certificate verify failed: ", X509_verify_cert_error_string(verified),
                     " (expected one for '", name, "')"));
  }
  if (connected != 1) return Failure(*ssl, connected, "the connection", address);
  // Since TLS 1.3 a caller's certificate is judged after the caller's handshake; a server of HTTP/2 speaks
  // next.
  char byte = 0;
  const int read = SSL_read(ssl.get(), &byte, 1);
  return read == 1 ? absl::OkStatus() : Failure(*ssl, read, "our certificate", address);
}

}  // namespace lawine
