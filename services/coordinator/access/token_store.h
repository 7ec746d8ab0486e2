// Who may call, how often, and how much at once: the tokens file in use, and what its owners are doing.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_TOKEN_STORE_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_TOKEN_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/reloading.h"
#include "services/common/repeating.h"
#include "services/coordinator/access/token_file.h"

namespace lawine {

// Thread-safe. The file is read again within seconds of its change; one that is wrong is refused, said in the
// log, and the tokens stay those of before.
class TokenStore {
 public:
  // INVALID_ARGUMENT when the file cannot be read or is wrong.
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(const std::string& path);
  // Of a file's text, which does not change. For tests and benchmarks.
  explicit TokenStore(const std::vector<Token>& tokens);

  // Whose token it is; none: nobody's.
  std::optional<Token> Find(std::string_view token) const;
  // By name, as the file has it now; none when it is gone.
  std::optional<Token> Named(const std::string& name) const;
  // Counts a request. When the token has none left, how long until it has one again; else zero.
  absl::Duration TakeRequest(const Token& token, absl::Time now);

  std::size_t tokens_count() const;
  const ReloadCounts& reloads() const { return reloads_; }

 private:
  struct Allowance {
    double requests = 0;
    absl::Time at;
  };
  TokenStore(std::string path, std::string text, const std::vector<Token>& tokens);
  void Use(const std::vector<Token>& tokens);
  void Look();

  const std::string path_;
  ReloadCounts reloads_;
  ReloadDecision<std::string> decision_;  // of Look
  mutable Mutex mutex_;
  std::map<std::string, Token, std::less<>> by_hash_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> hash_of_name_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Allowance> allowances_ ABSL_GUARDED_BY(mutex_);  // by name
  std::unique_ptr<Repeating> looking_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_TOKEN_STORE_H_
