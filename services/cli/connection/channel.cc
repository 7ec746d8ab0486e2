#include "services/cli/connection/channel.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/process.h"
#include "services/common/rpc.h"
#include "services/common/tls_probe.h"

namespace lawine::cli {
namespace {

// Of a token, a certificate or a key.
constexpr std::size_t kFileBytesMax = 1 << 20;
constexpr absl::Duration kProbeTimeout = absl::Seconds(3);

absl::StatusOr<std::string> ReadGiven(const std::string& flag, const std::string& path) {
  auto text = ReadFile(path, kFileBytesMax);
  if (text.ok()) return text;
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", text.status().message()));
}

absl::StatusOr<std::string> Token(const std::string& path) {
  LAWINE_ASSIGN_OR_RETURN(const std::string text, ReadGiven("--token-file", path));
  const std::string token(absl::StripAsciiWhitespace(text.substr(0, text.find('\n'))));
  if (token.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--token-file: ", path, ": expected a token in its first line"));
  }
  // gRPC would drop it, and say that nobody answers.
  if (!std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--token-file: ", path, ": expected a token of ASCII without blanks, found other bytes in it"));
  }
  return token;
}

// gRPC adds it to every call, over protected connections only.
class Bearer final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit Bearer(const std::string& token) : value_(absl::StrCat("Bearer ", token)) {}
  grpc::Status GetMetadata(grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
                           std::multimap<std::string, std::string>* metadata) override {
    metadata->emplace("authorization", value_);
    return grpc::Status::OK;
  }
  bool IsBlocking() const override { return false; }

 private:
  const std::string value_;
};

std::shared_ptr<grpc::Channel> Connected(std::shared_ptr<grpc::Channel> channel) {
  AwaitConnection(*channel);
  return channel;
}

}  // namespace

absl::StatusOr<ClusterChannel> OpenCluster(const GlobalOptions& options) {
  LAWINE_RETURN_IF_ERROR(CheckHostPort("--cluster", options.cluster));
  ClusterChannel opened{.address = options.cluster, .server_name = options.tls_server_name};
  if (options.tls_ca.empty()) {
    if (!options.token_file.empty()) {
      return absl::InvalidArgumentError(
          "--token-file needs --tls-ca: a token must not cross a connection that anyone can read");
    }
    opened.channel = Connected(OpenChannel(options.cluster));
    return opened;
  }
  LAWINE_ASSIGN_OR_RETURN(opened.certificates.ca, ReadGiven("--tls-ca", options.tls_ca));
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = opened.certificates.ca;
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::SslCredentials(ssl);
  if (!options.token_file.empty()) {
    LAWINE_ASSIGN_OR_RETURN(const std::string token, Token(options.token_file));
    credentials = grpc::CompositeChannelCredentials(
        credentials, grpc::MetadataCredentialsFromPlugin(std::make_unique<Bearer>(token)));
  }
  opened.channel = Connected(OpenChannel(options.cluster, credentials, options.tls_server_name));
  return opened;
}

ClusterChannel OpenLoopback(const std::string& address) {
  return {
      .address = address, .server_name = "", .certificates = {}, .channel = Connected(OpenChannel(address))};
}

absl::Status WhyRefused(const ClusterChannel& channel) {
  const bool protected_by_us = !channel.certificates.ca.empty();
  const absl::Status said =
      ProbeTls(channel.address, channel.server_name, channel.certificates, kProbeTimeout);
  if (protected_by_us && absl::IsPermissionDenied(said)) {
    return absl::UnavailableError(absl::StrCat(
        "the cluster at ", channel.address, " is not trusted: ", said.message(),
        "\nlook at --tls-ca (the CA that signed its certificate) and --tls-server-name (a name in it)"));
  }
  // A server that shows a certificate, to a caller who trusts none.
  if (!protected_by_us && absl::IsPermissionDenied(said) &&
      absl::StrContains(said.message(), "certificate verify failed")) {
    return absl::UnavailableError(absl::StrCat("the cluster at ", channel.address,
                                               " takes protected connections only\n"
                                               "give --tls-ca FILE and --token-file FILE"));
  }
  return absl::OkStatus();
}

}  // namespace lawine::cli
