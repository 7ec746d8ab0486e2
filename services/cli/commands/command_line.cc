#include "services/cli/commands/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/text/text.h"
#include "services/common/json/suggest.h"
#include "services/common/process.h"

namespace lawine::cli {
namespace {

constexpr char kDescription[] = "Lawine: how far does a message go in a network of millions?";
constexpr char kExamples[] =
    "lawine graph create hyves --preset hyves --members 100000\n"
    "lawine simulate hyves --audience 300\n"
    "lawine simulate hyves --forward 0.001 -o json\n"
    "lawine up --workers 4        # keep a cluster; later commands use it\n"
    "lawine run list";
constexpr char kNotes[] =
    "Where it runs: on --cluster if given; else on the cluster that `lawine up` keeps in the data\n"
    "directory; else in this process. The commands and their answers are the same.\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 wrong usage (flags, scenario or input), 3 not found,\n"
    "4 cluster not reachable or too slow, 130 interrupted.\n"
    "\n"
    "Environment: LAWINE_DATA is the default of --data, LAWINE_TLS_CA, LAWINE_TLS_SERVER_NAME and\n"
    "LAWINE_TOKEN_FILE of the flags of these names; NO_COLOR turns colours off;\n"
    "LAWINE_PROGRESS=plain prints progress as lines where there is no terminal.\n";

// Examples first: they answer most questions. They travel in the footer.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    std::string text;
    if (!app->get_footer().empty()) {
      absl::StrAppend(&text, "Examples:\n");
      for (const std::string& line : CLI::detail::split(app->get_footer(), '\n')) {
        absl::StrAppend(&text, "  ", line, "\n");
      }
      absl::StrAppend(&text, "\n");
    }
    absl::StrAppend(&text, make_description(app), make_usage(app, std::move(name)), make_positionals(app),
                    make_groups(app, mode), make_subcommands(app, mode));
    if (app->get_parent() == nullptr) absl::StrAppend(&text, "\n", kNotes);
    return text;
  }
  // Their names say what arguments are; what excludes what, the descriptions say.
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    return option->get_positional() || type.empty() ? "" : " " + type;
  }
};

std::string DefaultDataDir() {
  if (const char* data = std::getenv("LAWINE_DATA"); data != nullptr && *data != '\0') return data;
  const char* home = std::getenv("HOME");
  return absl::StrCat(home != nullptr && *home != '\0' ? home : "/var/tmp", "/.local/share/lawine");
}

bool MayColour() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0') && terminal != nullptr &&
         std::string(terminal) != "dumb";
}

std::vector<const CLI::App*> Subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* sub) { return !sub->get_name().empty(); });
}

std::string FullName(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : absl::StrCat(FullName(*app.get_parent()), " ", app.get_name());
}

// The command the words given reach: "lawine graph" for "lawine graph lsit".
const CLI::App& Deepest(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : Deepest(*parsed.back());
}

std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent()) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    }
  }
  return flags;
}

// 'lawine graph' 'lawine graph list' ...: patterns of a case, quoted.
void AppendNames(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::App* sub : Subcommands(app)) {
    names.push_back(absl::StrCat("'", FullName(*sub), "'"));
    AppendNames(*sub, names);
  }
}

void AppendCompletions(const CLI::App& app, std::string& cases) {
  std::vector<std::string> words;
  for (const CLI::App* sub : Subcommands(app)) words.push_back(sub->get_name());
  for (std::string& flag : FlagsOf(app)) words.push_back(std::move(flag));
  absl::StrAppend(&cases, "    '", FullName(app), "') words='", absl::StrJoin(words, " "), "' ;;\n");
  for (const CLI::App* sub : Subcommands(app)) AppendCompletions(*sub, cases);
}

}  // namespace

CLI::App& AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples) {
  CLI::App& command = *parent.add_subcommand(name, description);
  command.footer(examples);
  command.fallthrough();
  return command;
}

CommandLine::CommandLine() : app_(kDescription, "lawine") {
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.footer(kExamples);
  app_.set_help_flag("-h,--help", "Print this help");
  app_.set_version_flag("--version", absl::StrCat("lawine ", kVersion), "Print the version");
  AddGlobalOptions();
  AddGraphCommands(app_, action_);
  AddSimulateCommand(app_, action_);
  AddTrafficCommand(app_, action_);
  AddCompareCommand(app_, action_);
  AddSweepCommand(app_, action_);
  AddMarginalCommand(app_, action_);
  AddScenarioCommands(app_, action_);
  AddRunCommands(app_, action_);
  AddReportCommand(app_, action_);
  AddClusterCommands(app_, action_);
  AddTokenCommands(app_, action_);
  AddCompletion();
  app_.require_subcommand(1);
}

void CommandLine::AddGlobalOptions() {
  options_.data = DefaultDataDir();
  app_.add_option("--data", options_.data,
                  "Data directory (default: $LAWINE_DATA, else ~/.local/share/lawine)")
      ->type_name("DIR");
  app_.add_option("--cluster", options_.cluster, "Coordinator of the cluster to use")->type_name("HOST:PORT");
  app_.add_option("--tls-ca", options_.tls_ca, "CA of the cluster's public port; connections are protected")
      ->type_name("FILE")
      ->envname("LAWINE_TLS_CA");
  app_.add_option("--tls-server-name", options_.tls_server_name,
                  "Name expected in its certificate, where the address is another's (a port-forward)")
      ->type_name("NAME")
      ->envname("LAWINE_TLS_SERVER_NAME");
  app_.add_option("--token-file", options_.token_file, "File whose first line is your token for the cluster")
      ->type_name("FILE")
      ->envname("LAWINE_TOKEN_FILE");
  app_.add_option("-o,--output", output_, "Form of results")
      ->type_name("table|json")
      ->check(CLI::IsMember({"table", "json"}).description(""));
  app_.add_flag("-q,--quiet", options_.quiet, "No progress and no remarks");
}

void CommandLine::AddCompletion() {
  CLI::App& command = AddCommand(app_, "completion", "Print a script for the shell's completion",
                                 "source <(lawine completion bash)\n"
                                 "lawine completion bash > /etc/bash_completion.d/lawine");
  command.add_option("SHELL", "bash")->required()->check(CLI::IsMember({"bash"}).description(""));
  command.callback([this] {
    action_ = [script = BashCompletion()](Session&) {
      Print(script);
      return absl::OkStatus();
    };
  });
}

absl::StatusOr<ParsedCommand> CommandLine::Parse(int count, const char* const* arguments) {
  std::vector<const char*> words(arguments, arguments + count);
  // `lawine help graph create` is `lawine graph create --help`.
  if (count > 1 && absl::string_view(arguments[1]) == "help") {
    words.erase(words.begin() + 1);
    words.push_back("--help");
  }
  try {
    app_.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::Success& help) {
    app_.exit(help);
    return ParsedCommand{options_, nullptr};
  } catch (const CLI::ParseError& error) {
    return UsageError(error);
  }
  options_.json = output_ == "json";
  options_.data_is_default = app_.count("--data") == 0;
  options_.color = !options_.json && MayColour();
  std::error_code error;
  const auto data = std::filesystem::absolute(options_.data, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--data: expected a directory, found '", options_.data, "' (", error.message(), ")"));
  }
  options_.data = data.lexically_normal().string();
  if (options_.data.size() > 1 && options_.data.ends_with('/')) options_.data.pop_back();
  return ParsedCommand{options_, action_};
}

absl::Status CommandLine::UsageError(const CLI::ParseError& error) const {
  const CLI::App& command = Deepest(app_);
  std::string text = error.what();
  std::vector<std::string> known;
  for (const CLI::App* sub : Subcommands(command)) known.push_back(sub->get_name());
  // Words that a command does not know fall through to the whole line.
  const std::vector<std::string> left = app_.remaining(true);
  const auto dashed =
      std::find_if(left.begin(), left.end(), [](const auto& word) { return word.starts_with('-'); });
  if (dashed != left.end()) {
    const std::string flag = dashed->substr(0, dashed->find('='));
    text = absl::StrCat("unknown flag ", flag, DidYouMean(flag, FlagsOf(command)));
  } else if (!left.empty() && !known.empty()) {
    text = absl::StrCat("unknown command '", left.front(), "'", DidYouMean(left.front(), known));
  } else if (!left.empty()) {
    text = absl::StrCat("one word too many: '", left.front(), "'");
  } else if (!known.empty()) {
    text = absl::StrCat("expected a command after '", FullName(command), "': ", absl::StrJoin(known, ", "));
  }
  return absl::InvalidArgumentError(absl::StrCat(text, "\nsee ", FullName(command), " --help"));
}

std::string CommandLine::BashCompletion() const {
  std::string cases;
  std::vector<std::string> names;
  AppendCompletions(app_, cases);
  AppendNames(app_, names);
  return absl::StrCat(
      "# Completion of lawine for bash: source <(lawine completion bash)\n"
      "_lawine() {\n"
      "  local command=lawine words='' word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$command $word\" in\n"
      "      ",
      absl::StrJoin(names, "|"), ") command=\"$command $word\" ;;\n",
      "    esac\n"
      "  done\n"
      "  case \"$command\" in\n",
      cases,
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
      "  [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "
      "\"${COMP_WORDS[COMP_CWORD]}\")\n"
      "}\n"
      "complete -F _lawine lawine\n");
}

}  // namespace lawine::cli
