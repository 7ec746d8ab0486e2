// Servers that are given some of their certificates' files.
#include <gmock/gmock.h>

#include <string>

#include "services/coordinator/coordinator_server.h"
#include "services/worker/worker_server.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

using testing::StartsWith;

std::string CoordinatorSays(const CertificateFiles& cluster_files, const CertificateFiles& public_files) {
  const TempDirectory directory;
  CoordinatorOptions options;
  options.data_dir = directory.path() / "data";
  options.cluster_certificates = cluster_files;
  options.public_certificates = public_files;
  return std::string(CoordinatorServer::Start(options).status().message());
}

std::string WorkerSays(const CertificateFiles& files) {
  const TempDirectory directory;
  WorkerOptions options;
  options.data_dir = directory.path() / "data";
  options.coordinator = "127.0.0.1:1";
  options.certificates = files;
  return std::string(WorkerServer::Start(options).status().message());
}

TEST(CertificateFlagsTest, TheOneThatIsMissingIsNamed) {
  for (const auto& says : {+[](const CertificateFiles& files) { return CoordinatorSays(files, {}); },
                           +[](const CertificateFiles& files) { return WorkerSays(files); }}) {
    EXPECT_THAT(says({.ca = "ca.crt", .certificate = "a.crt", .key = ""}), StartsWith("--tls-key: expected"));
    EXPECT_THAT(says({.ca = "ca.crt", .certificate = "", .key = "a.key"}),
                StartsWith("--tls-cert: expected"));
    EXPECT_THAT(says({.ca = "", .certificate = "a.crt", .key = "a.key"}), StartsWith("--tls-ca: expected"));
  }
  EXPECT_THAT(CoordinatorSays({}, {.ca = "", .certificate = "a.crt", .key = ""}),
              StartsWith("--public-tls-key: expected"));
  EXPECT_THAT(CoordinatorSays({}, {.ca = "", .certificate = "", .key = "a.key"}),
              StartsWith("--public-tls-cert: expected"));
}

}  // namespace
}  // namespace lawine
