// What was seen when a deployment failed, folded: whoever wants to know more than the cause.
#include "base/text.hpp"
#include "report/compose.hpp"
#include "report/limits.hpp"
#include "report/story.hpp"

namespace report {
namespace {

using model::SeenAtFailure;

void add_pods(Section& section, const SeenAtFailure& seen) {
    if (seen.pods.empty()) {
        return;
    }
    Table table{.header = {"Pod", "Node", "State", "Restarts"}, .rows = {}, .fold = {}};
    for (const auto& pod : seen.pods) {
        const auto style = pod.phrase == "ready" ? Style::good : Style::bad;
        table.rows.push_back({{Span{pod.name, style}},
                              {plain(pod.node.empty() ? "none" : pod.node)},
                              {plain(pod.phrase)},
                              {plain(std::to_string(pod.restarts))}});
    }
    section.blocks.emplace_back(std::move(table));
}

void add_claims(Section& section, const SeenAtFailure& seen) {
    if (seen.claims.empty()) {
        return;
    }
    Table table{.header = {"Volume claim", "Phase", "Size", "Storage class", "Volume"},
                .rows = {},
                .fold = counted(seen.claims.size(), "volume claim")};
    for (const auto& claim : seen.claims) {
        table.rows.push_back({{code(claim.name)},
                              {plain(claim.phase)},
                              {plain(claim.capacity)},
                              {plain(claim.storage_class)},
                              {plain(claim.volume)}});
    }
    section.blocks.emplace_back(std::move(table));
}

}  // namespace

std::optional<Section> seen_section(const model::RunRecord& record) {
    if (!record.seen_at_failure) {
        return std::nullopt;
    }
    const auto& seen = *record.seen_at_failure;
    Section section{.title = "What was seen, before anything was undone", .blocks = {}};
    Bullets remarks;
    for (const auto& node : seen.nodes) {
        remarks.items.push_back({{node, Style::bad}});
    }
    for (const auto& note : seen.notes) {
        remarks.items.push_back({{note, Style::attention}});
    }
    if (!remarks.items.empty()) {
        section.blocks.emplace_back(std::move(remarks));
    }
    add_pods(section, seen);
    if (!seen.events.empty()) {
        section.blocks.emplace_back(Code{.language = "text",
                                         .text = last_part(base::join(seen.events, "\n"), longest_block),
                                         .fold = "Events, oldest first (" + counted(seen.events.size(), "line") + ")"});
    }
    for (const auto& log : seen.logs) {
        if (record.cause && record.cause->pod == log.pod && base::trim(record.cause->log) == base::trim(log.text)) {
            continue;  // stands with the cause already
        }
        section.blocks.emplace_back(Code{.language = "text",
                                         .text = last_part(log.text, longest_block),
                                         .fold = "Last lines of container " + log.container + " in pod " + log.pod +
                                                 (log.previous ? ", before its last restart" : "")});
    }
    add_claims(section, seen);
    if (!seen.folder.empty()) {
        section.blocks.emplace_back(Paragraph{{plain("The whole evidence, secrets hidden, is in "), code(seen.folder),
                                               plain(": see its "), code("README.txt"), plain(".")}});
    }
    return section;
}

}  // namespace report
