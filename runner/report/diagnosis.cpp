#include "report/diagnosis.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/compose.hpp"

namespace report {
namespace {

using model::Certainty;
using model::DiagnosedCause;
using model::Diagnosis;

constexpr std::size_t evidence_in_sight = 3;

// "etcd in namespace anytrade"
Line place_of(const model::RunRecord& record) {
    Line line{plain("Looked at "), code(record.release)};
    if (!record.namespace_name.empty()) {
        line.push_back(plain(" in namespace "));
        line.push_back(code(record.namespace_name));
    }
    line.push_back(plain(" for " + base::human_duration(total_duration(record)) + "; nothing was changed."));
    return line;
}

Bullets bullets_of(const std::vector<std::string>& lines) {
    Bullets bullets;
    for (const auto& line : lines) {
        bullets.items.push_back({plain(line)});
    }
    return bullets;
}

std::string as_lines(const std::vector<std::string>& commands) {
    return base::join(commands, "\n") + "\n";
}

// The first lines of the evidence stand in sight, all of it is folded away when it is more.
void add_evidence(Section& section, const std::vector<std::string>& evidence) {
    if (evidence.empty()) {
        return;
    }
    const auto in_sight = std::min(evidence.size(), evidence_in_sight);
    section.blocks.emplace_back(Paragraph{{strong("Evidence:")}});
    section.blocks.emplace_back(
        bullets_of({evidence.begin(), evidence.begin() + static_cast<std::ptrdiff_t>(in_sight)}));
    if (evidence.size() > in_sight) {
        section.blocks.emplace_back(Code{.language = "text",
                                         .text = base::join(evidence, "\n"),
                                         .fold = "All of the evidence (" + counted(evidence.size(), "line") + ")"});
    }
}

Section section_of(const DiagnosedCause& cause, std::size_t number) {
    Section section{.title = std::to_string(number) + ". " + first_line(cause.headline), .blocks = {}};
    const bool certain = cause.certainty == Certainty::certain;
    const bool possible = cause.certainty == Certainty::possible;
    section.blocks.emplace_back(Paragraph{{Span{to_string(cause.certainty), certain    ? Style::bad
                                                                            : possible ? Style::plain
                                                                                       : Style::attention},
                                           plain(" · rule "), code(cause.rule)}});
    if (!cause.follows.empty()) {
        section.blocks.emplace_back(Paragraph{{strong("What follows from it:")}});
        section.blocks.emplace_back(bullets_of(cause.follows));
    }
    add_evidence(section, cause.evidence);
    if (!cause.advice.empty()) {
        section.blocks.emplace_back(Paragraph{{strong("What to do: "), plain(cause.advice)}});
    }
    if (!cause.commands.empty()) {
        section.blocks.emplace_back(Code{.language = "sh", .text = as_lines(cause.commands)});
    }
    return section;
}

Section remarks(const Diagnosis& diagnosis) {
    Section section{.title = "Worth a look", .blocks = {}};
    Table table{.header = {"Possible", "What to do", "Rule"}, .rows = {}};
    for (const auto& cause : diagnosis.causes) {
        if (cause.certainty == Certainty::possible) {
            table.rows.push_back({{{cause.headline, Style::attention}}, {plain(cause.advice)}, {code(cause.rule)}});
        }
    }
    section.blocks.emplace_back(std::move(table));
    std::vector<std::string> evidence;
    for (const auto& cause : diagnosis.causes) {
        if (cause.certainty == Certainty::possible) {
            std::ranges::copy(cause.evidence, std::back_inserter(evidence));
        }
    }
    if (!evidence.empty()) {
        section.blocks.emplace_back(
            Code{.language = "text", .text = base::join(evidence, "\n"), .fold = "What they are founded on"});
    }
    return section;
}

Section what_was_seen(const Diagnosis& diagnosis) {
    Section section{.title = "What was looked at", .blocks = {}};
    if (!diagnosis.notes.empty()) {
        Bullets notes;
        for (const auto& note : diagnosis.notes) {
            notes.items.push_back({{note, Style::attention}});
        }
        section.blocks.emplace_back(std::move(notes));
    }
    Table table{.header = {"What", "Seen"}, .rows = {}};
    for (const auto& looked : diagnosis.looked_at) {
        table.rows.push_back({{plain(looked.what)}, {plain(looked.seen)}});
    }
    section.blocks.emplace_back(std::move(table));
    if (!diagnosis.evidence_folder.empty()) {
        section.blocks.emplace_back(
            Paragraph{{plain("The whole evidence, secrets hidden, is in "), code(diagnosis.evidence_folder),
                       plain(": see its "), code("README.txt"), plain(".")}});
    }
    return section;
}

}  // namespace

Headline diagnosis_headline(const model::RunRecord& record) {
    const auto& diagnosis = *record.diagnosis;
    if (const auto* cause = diagnosis.main_cause()) {
        const bool certain = cause->certainty == Certainty::certain;
        return {Mark::bad, (certain ? "" : "Likely: ") + first_line(cause->headline)};
    }
    if (record.error && record.error->code == base::ErrorCode::etcd_unhealthy) {
        return {Mark::attention, first_line(record.error->message)};
    }
    if (record.error) {
        return {Mark::attention, "Not enough could be seen: " + first_line(record.error->message)};
    }
    std::string text = "Nothing wrong was found";
    if (record.health && !record.health->members.empty()) {
        const auto& health = *record.health;
        text += ": " + std::to_string(health.healthy_members) + " of " + counted(health.members.size(), "member") +
                " healthy" + (health.leader.empty() ? "" : ", leader " + health.leader);
    }
    const bool partly = !diagnosis.notes.empty();
    return {partly ? Mark::attention : Mark::good, text + (partly ? ", but not everything could be looked at" : "")};
}

void add_diagnosis(Document& document, const model::RunRecord& record) {
    const auto& diagnosis = *record.diagnosis;
    const auto* main = diagnosis.main_cause();
    if (main != nullptr && !main->commands.empty()) {
        document.lead.emplace_back(Code{.language = "sh", .text = main->commands.front() + "\n"});
    }
    if (main != nullptr && !main->advice.empty()) {
        document.lead.emplace_back(Paragraph{{strong("What to do: "), plain(main->advice)}});
    } else if (main == nullptr && record.error && !record.error->hint.empty()) {
        document.lead.emplace_back(Paragraph{{strong("What to do: "), plain(record.error->hint)}});
    }
    if (main != nullptr && !main->follows.empty()) {
        document.lead.emplace_back(bullets_of({main->follows.front()}));
    }
    document.lead.emplace_back(Paragraph{place_of(record)});
    std::size_t number = 0;
    for (const auto& cause : diagnosis.causes) {
        if (cause.certainty != Certainty::possible) {
            document.sections.push_back(section_of(cause, ++number));
        }
    }
    if (number < diagnosis.causes.size()) {
        document.sections.push_back(remarks(diagnosis));
    }
    if (auto members = members_section(record)) {
        if (!record.health->findings.empty()) {
            members->blocks.erase(members->blocks.begin());  // the findings stand among the causes already
        }
        document.sections.push_back(std::move(*members));
    }
    document.sections.push_back(what_was_seen(diagnosis));
}

}  // namespace report
