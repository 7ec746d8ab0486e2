#include "services/cli/connection/session.h"

#include <cstdio>

namespace lawine::cli {

void Print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void Remark(const Session& session, const std::string& text) {
  if (!session.options.quiet) std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace lawine::cli
