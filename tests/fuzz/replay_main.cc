// Runs a fuzz target without libFuzzer:
//
//   lawine_x_fuzz FILE|DIRECTORY...                    every file, directories searched through
//   lawine_x_fuzz --random N [--seed S] [--first I]    random inputs I .. I+N-1 of seed S; half of them are
//                                                      changed copies of the files, when there are any
//
// An input is a function of seed and number alone. When a target dies, the last line says which it was (with
// AddressSanitizer: set ASAN_OPTIONS=abort_on_error=1).
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/test_random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace lawine {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::uint64_t random = 0;
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
};

// What to print when the target dies: only what is safe in a signal handler.
char current_input[512];

extern "C" void SayWhichInput(int signal_number) {
  const std::size_t size = std::char_traits<char>::length(current_input);
  if (write(STDERR_FILENO, current_input, size) < 0) _exit(2);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

void RunTarget(const std::string& bytes) {
  // A copy of exactly the right size, so that a sanitizer sees a read past its end.
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

bool ReadFile(const std::string& path, std::string& bytes) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  char part[65536];
  for (std::size_t n; (n = std::fread(part, 1, sizeof part, file)) > 0;) bytes.append(part, n);
  const bool complete = std::ferror(file) == 0;
  std::fclose(file);
  return complete;
}

std::vector<std::string> FilesUnder(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Small numbers, line ends and extremes come up far more often than by chance.
char LikelyByte(TestRandom& random) {
  static constexpr char kLikely[] = "\0\1\2\3\x7F\x80\xFF 0123456789\n\r\t,#%.-";
  return random.OneIn(2) ? kLikely[random.Below(sizeof kLikely)] : static_cast<char>(random.Next());
}

std::string RandomInput(TestRandom& random) {
  std::string bytes(random.AnySize(12), '\0');
  for (char& c : bytes) c = LikelyByte(random);
  return bytes;
}

void Mutate(TestRandom& random, std::string& bytes) {
  for (std::uint64_t changes = 1 + random.AnySize(4); changes > 0; --changes) {
    const std::size_t at = random.Below(bytes.size() + 1);
    switch (random.Below(4)) {
      case 0:
        bytes.insert(at, 1, LikelyByte(random));
        break;
      case 1:
        bytes.erase(at, 1 + random.AnySize(5));
        break;
      case 2:
        bytes.insert(at, bytes.substr(random.Below(bytes.size() + 1), random.AnySize(5)));
        break;
      default:
        if (at < bytes.size()) bytes[at] = LikelyByte(random);
    }
  }
}

std::string InputNumber(const Options& options, std::uint64_t number,
                        const std::vector<std::string>& corpus) {
  TestRandom random(options.seed * 0x10000000000 + number);
  if (corpus.empty() || random.OneIn(2)) return RandomInput(random);
  std::string bytes = corpus[random.Below(corpus.size())];
  Mutate(random, bytes);
  return bytes;
}

bool ParseNumber(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool ParseOptions(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    std::uint64_t* const number = word == "--random"  ? &options.random
                                  : word == "--seed"  ? &options.seed
                                  : word == "--first" ? &options.first
                                                      : nullptr;
    if (number == nullptr) {
      options.paths.emplace_back(word);
    } else if (++i == argc || !ParseNumber(argv[i], *number)) {
      return false;
    }
  }
  return !options.paths.empty() || options.random > 0;
}

int Run(const Options& options) {
  std::vector<std::string> corpus;
  for (const std::string& path : FilesUnder(options.paths)) {
    std::string bytes;
    if (!ReadFile(path, bytes)) {
      std::fprintf(stderr, "cannot read %s; name files or directories that exist\n", path.c_str());
      return 1;
    }
    std::snprintf(current_input, sizeof current_input, "died on file %s\n", path.c_str());
    RunTarget(bytes);
    corpus.push_back(std::move(bytes));
  }
  for (std::uint64_t number = options.first; number < options.first + options.random; ++number) {
    std::snprintf(current_input, sizeof current_input, "died on: --random 1 --seed %llu --first %llu\n",
                  static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(number));
    RunTarget(InputNumber(options, number, corpus));
  }
  std::printf("%zu files and %llu random inputs of seed %llu passed\n", corpus.size(),
              static_cast<unsigned long long>(options.random), static_cast<unsigned long long>(options.seed));
  return 0;
}

}  // namespace
}  // namespace lawine

int main(int argc, char** argv) {
  lawine::Options options;
  if (!lawine::ParseOptions(argc, argv, options)) {
    std::fprintf(stderr, "usage: %s [--random N [--seed S] [--first I]] [FILE|DIRECTORY...]\n", argv[0]);
    return 2;
  }
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGFPE})
    std::signal(signal_number, lawine::SayWhichInput);
  return lawine::Run(options);
}
