#include "operate/env_file.hpp"

#include <filesystem>

#include "base/redaction.hpp"
#include "base/text.hpp"
#include "edit/diff.hpp"
#include "edit/env_entry.hpp"
#include "sys/files.hpp"
#include "sys/replace_file.hpp"

namespace operate {
namespace {

// What a values file may be at most (inputs/values.cpp), and many times what one is.
constexpr std::size_t largest_file = std::size_t{1} << 20U;

struct Planned {
    std::string before;
    edit::Edit edit;
};

// Without a value: whether there is a place for one.
base::Result<Planned> plan(const model::EnvTarget& target, const std::optional<std::string>& value) {
    Planned planned;
    auto text = sys::read_file(target.file, largest_file);
    if (!text) {
        // Whatever it is, the user named the file.
        text.error().code = base::ErrorCode::bad_input;
        text.error().hint = "correct the input file";
        return std::unexpected(std::move(text).error());
    }
    planned.before = std::move(*text);
    TRY_ASSIGN(planned.edit,
               edit::set_env(
                   planned.before,
                   {.name = target.name, .value = value, .path = target.path, .file = base::printable(target.file)}));
    return planned;
}

// As git would name it.
std::string name_in_diff(const std::string& file) {
    const auto path = std::filesystem::path(base::printable(file)).lexically_normal();
    return path.relative_path().string();
}

std::string in_quotes(const std::optional<std::string>& value) {
    if (!value) {
        return "no text";
    }
    const auto first_line = value->substr(0, value->find_first_of("\r\n"));
    return "\"" + base::shorten(base::printable(first_line), 200) + (first_line == *value ? "\"" : "…\"");
}

// What was there may be somebody's secret: a value that was named by mistake, a password within an address
// ("http://user:password@host").
void hide_secrets(const Run& run, const std::string& name, std::string_view value) {
    auto& progress = run.tools().progress;
    if (base::names_a_secret(name)) {
        progress.keep_secret(value);
    }
    constexpr std::string_view behind_scheme = "://";
    for (auto at = value.find(behind_scheme); at != std::string_view::npos; at = value.find(behind_scheme)) {
        value.remove_prefix(at + behind_scheme.size());
        const auto authority = value.substr(0, value.find_first_of("/?#, \t\r\n"));
        const auto user = authority.substr(0, authority.rfind('@'));
        const auto colon = user.find(':');
        if (user.size() < authority.size() && colon != std::string_view::npos) {
            progress.keep_secret(user.substr(colon + 1));
        }
    }
}

}  // namespace

base::Result<void> check_env_file(const Run& run) {
    const auto& target = run.request().env;
    if (target.file.empty()) {
        return {};
    }
    TRY(plan(target, std::nullopt));
    if (!target.only_check && !run.request().dry_run) {
        TRY(sys::check_replaceable(target.file));
    }
    return {};
}

base::Result<void> update_env_file(const Run& run) {
    const auto& target = run.request().env;
    auto& record = run.record();
    TRY_ASSIGN(const auto planned, plan(target, record.backend_value));
    const auto& edit = planned.edit;
    model::FileUpdate update{.state = model::FileUpdate::State::fresh,
                             .file = target.file,
                             .variable = target.name,
                             .path = target.path,
                             .line = edit.line,
                             .diff = {}};
    const std::string where = base::printable(target.file) + ":" + std::to_string(edit.line) + ": ";
    if (edit.change == edit::Change::none) {
        run.tools().progress.line(where + target.name + " is up to date");
        record.file = std::move(update);
        return {};
    }
    hide_secrets(run, target.name, edit.before.value_or(""));
    update.diff = edit::shown_diff(name_in_diff(target.file), planned.before, edit);
    const bool added = edit.change == edit::Change::added;
    if (target.only_check) {
        update.state = model::FileUpdate::State::stale;
        record.file = std::move(update);
        return base::fail(base::ErrorCode::difference,
                          where + target.name + (added ? " is not there" : " is stale: " + in_quotes(edit.before)) +
                              ", etcd is at \"" + record.backend_value + "\"",
                          "run the same without check, and commit what it changes");
    }
    if (run.request().dry_run) {
        update.state = model::FileUpdate::State::stale;
        record.file = std::move(update);
        run.tools().progress.line(where + target.name + (added ? " would be added" : " would be updated"));
        return {};
    }
    TRY(sys::replace_file(target.file, edit.text));
    record.touched = true;
    update.state = model::FileUpdate::State::updated;
    record.file = std::move(update);
    run.tools().progress.line(where + target.name + (added ? " added" : " updated"));
    return {};
}

}  // namespace operate
