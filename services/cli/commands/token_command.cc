#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/common/json/message_json.h"
#include "services/coordinator/access/token_file.h"

namespace lawine::cli {
namespace {

constexpr std::size_t kTokenBytes = 32;

struct TokenFlags {
  std::string name;
  std::string role = "run";
  std::string file;
};

// Readable by its owner alone. Never replaces a file: it may hold a token that is in use.
absl::Status WriteSecret(const std::string& path, const std::string& secret) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is there already: give another name, or remove it"));
  }
  const bool good = file >= 0 &&
                    write(file, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
                    fsync(file) == 0;
  const std::string why = std::strerror(errno);
  if (file >= 0) close(file);
  return good ? absl::OkStatus() : absl::UnavailableError(absl::StrCat(path, ": ", why));
}

absl::Status Create(Session& session, const TokenFlags& flags) {
  unsigned char bytes[kTokenBytes];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return absl::UnavailableError("no random numbers are to be had");
  const std::string token = absl::BytesToHexString({reinterpret_cast<const char*>(bytes), sizeof(bytes)});
  const std::string line = absl::StrCat(flags.name, " ", flags.role, " ", Sha256Hex(token));
  const auto parsed = ParseTokens(line);
  if (!parsed.ok()) return absl::InvalidArgumentError(parsed.status().message());
  LAWINE_RETURN_IF_ERROR(WriteSecret(flags.file, token + "\n"));
  if (session.options.json) {
    Print(JsonText({{"name", flags.name},
                    {"role", flags.role},
                    {"sha256", parsed->front().sha256},
                    {"token_file", flags.file}}));
    return absl::OkStatus();
  }
  Print(line + "\n");
  Remark(session, absl::StrCat("the token is in ", flags.file,
                               "; the line above goes into the coordinator's tokens file (--tokens)"));
  return absl::OkStatus();
}

}  // namespace

void AddTokenCommands(CLI::App& app, Action& action) {
  CLI::App& token = AddCommand(app, "token", "Make tokens for callers of a cluster",
                               "lawine token create alice --role run --token-file alice.token >> tokens");
  token.require_subcommand(1);
  const auto flags = std::make_shared<TokenFlags>();
  CLI::App& create = AddCommand(
      token, "create", "Make a token; print the line that lets the coordinator know it by its hash",
      "lawine token create alice --role run --token-file alice.token >> tokens\n"
      "lawine token create dashboards --role read --token-file dashboards.token >> tokens");
  create.add_option("NAME", flags->name, "Whose it is, in logs and quotas")->required();
  create
      .add_option("--role", flags->role, "What it may: read, run (also simulate), admin (also change graphs)")
      ->type_name("read|run|admin")
      ->capture_default_str()
      ->check(CLI::IsMember({"read", "run", "admin"}).description(""));
  create.callback([=, &action] {
    action = [=](Session& session) {
      TokenFlags wanted = *flags;
      wanted.file = session.options.token_file;
      if (wanted.file.empty()) {
        return absl::InvalidArgumentError("--token-file FILE is missing: the token is written there");
      }
      return Create(session, wanted);
    };
  });
}

}  // namespace lawine::cli
