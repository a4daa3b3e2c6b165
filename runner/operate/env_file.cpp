#include "operate/env_file.hpp"

#include <filesystem>

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

base::Result<Planned> plan(const model::EnvTarget& target, const std::string& value) {
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
    return value ? "\"" + base::shorten(base::printable(*value), 200) + "\"" : std::string("no text");
}

}  // namespace

base::Result<void> check_env_file(const model::EnvTarget& target) {
    if (target.file.empty()) {
        return {};
    }
    TRY(plan(target, "not-known-yet:2379"));
    if (!target.only_check) {
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
    update.diff = edit::for_show(edit::unified_diff(name_in_diff(target.file), planned.before, edit.text));
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
