#include <algorithm>

#include "base/text.hpp"
#include "report/commands.hpp"
#include "report/compose.hpp"
#include "report/limits.hpp"
#include "report/story.hpp"

namespace report {
namespace {

// The last lines stand in sight; what is before them is folded away.
void add_block(Section& section, const std::string& text, const std::string& title) {
    const std::string kept = last_part(text, longest_block);
    const auto lines = base::split(base::trim(kept), '\n');
    if (lines.size() <= most_lines_in_sight) {
        section.blocks.emplace_back(Code{.language = "text", .text = kept});
        return;
    }
    const std::vector<std::string> last(lines.end() - lines_of_a_long_block_in_sight, lines.end());
    section.blocks.emplace_back(Code{.language = "text", .text = base::join(last, "\n")});
    section.blocks.emplace_back(
        Code{.language = "text", .text = kept, .fold = title + " (" + std::to_string(lines.size()) + " lines)"});
}

void add_faults(Section& section, const base::Error& error) {
    Bullets faults;
    const auto lines = base::nonempty_lines(error.message);
    for (std::size_t i = lines.size() > 1 ? 1 : 0; i < lines.size(); ++i) {
        faults.items.push_back({plain(lines[i])});
    }
    section.blocks.emplace_back(std::move(faults));
    if (!error.hint.empty()) {
        section.blocks.emplace_back(Paragraph{{strong("What to do: "), plain(error.hint)}});
    }
    section.blocks.emplace_back(Paragraph{
        {plain("All inputs: "), code("docs/inputs.md"), plain(" or "), code("etcd-deploy --help"), plain(".")}});
}

void add_cause(Section& section, const model::Cause& cause) {
    section.blocks.emplace_back(Paragraph{{strong(cause.headline)}});
    Bullets evidence;
    for (const auto& line : cause.evidence) {
        evidence.items.push_back({plain(line)});
    }
    if (!evidence.items.empty()) {
        section.blocks.emplace_back(std::move(evidence));
    }
    if (!cause.log.empty()) {
        Line title{plain("Last lines of container "), code(cause.container), plain(" in pod "), code(cause.pod),
                   plain(":")};
        section.blocks.emplace_back(Paragraph{std::move(title)});
        add_block(section, cause.log, "More of the log");
    }
}

void add_command(Section& section, const base::CommandFailure& command) {
    const bool has_output = !base::trim(command.last_output).empty();
    section.blocks.emplace_back(
        Paragraph{{code(base::join(command.argv, " ")),
                   plain(" ended with exit code " + std::to_string(command.exit_code) + (has_output ? ":" : "."))}});
    if (has_output) {
        add_block(section, command.last_output, "More of what it printed");
    }
}

}  // namespace

std::optional<Section> failure_section(const model::RunRecord& record) {
    const auto story = story_of(record);
    // What is stale stands in the file's own section.
    if ((!record.error && story != Story::unhealthy) || story == Story::stale) {
        return std::nullopt;
    }
    if (story == Story::bad_input) {
        Section section{.title = "What is wrong", .blocks = {}};
        add_faults(section, *record.error);
        return section;
    }
    // What is wrong with an unhealthy etcd stands in its findings already.
    const bool told = story == Story::cancelled || (story == Story::unhealthy && record.health);
    Section section{.title = told ? "How to go on" : "Why it failed, and how to go on", .blocks = {}};
    if (record.cause) {
        add_cause(section, *record.cause);
    } else if (record.error && !told) {
        section.blocks.emplace_back(Paragraph{{plain(record.error->text())}});
    }
    if (record.error) {
        for (const auto& command : record.error->command) {
            add_command(section, command);
        }
    }
    if (record.rollback && !record.rollback->healthy && !record.rollback->way_out.empty()) {
        section.blocks.emplace_back(Paragraph{{strong("What to do: "), plain(record.rollback->way_out)}});
    }
    if (auto commands = commands_after_failure(record); !commands.empty()) {
        section.blocks.emplace_back(Paragraph{{plain("To go on:")}});
        section.blocks.emplace_back(Code{"sh", std::move(commands)});
    }
    if (record.touched) {
        section.blocks.emplace_back(
            Paragraph{{plain("Running it again goes on from the state that the cluster is in.")}});
    }
    return section;
}

}  // namespace report
