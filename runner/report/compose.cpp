#include "report/compose.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "report/availability.hpp"
#include "report/commands.hpp"
#include "report/diagnosis.hpp"
#include "report/plan.hpp"
#include "report/story.hpp"

namespace report {
namespace {

// "etcd in namespace anytrade"
void add_place(Line& line, const model::RunRecord& record) {
    line.push_back(code(record.release));
    if (!record.namespace_name.empty()) {
        line.push_back(plain(" in namespace "));
        line.push_back(code(record.namespace_name));
    }
}

void add_revision(Line& line, const model::ReleaseRevision& revision) {
    line.push_back(plain("revision " + std::to_string(revision.revision)));
    if (!revision.chart.empty()) {
        line.push_back(plain(", chart "));
        line.push_back(code(revision.chart));
    }
    if (revision.status != "deployed" && !revision.status.empty()) {
        line.push_back(plain(" (" + revision.status + ")"));
    }
}

Line what_was_done(const model::RunRecord& record) {
    const auto total = total_duration(record);
    const auto took = total.count() == 0 ? std::string()  // of a comment
                                         : (record.error ? ", ended after " : " in ") + base::human_duration(total);
    Line line;
    switch (story_of(record)) {
        case Story::installed: line = {strong("Installed "), {}}; break;
        case Story::upgraded: line = {strong("Upgraded "), {}}; break;
        case Story::unchanged: line = {strong("Nothing to change"), plain(": checked ")}; break;
        case Story::uninstalled: line = {strong("Uninstalled "), {}}; break;
        case Story::nothing_to_uninstall: line = {plain("Looked for ")}; break;
        case Story::planned: line = {strong("Nothing was touched"), plain(": planned ")}; break;
        case Story::verified: line = {strong("Checked "), {}}; break;
        case Story::connected: line = {strong("Asked the members of "), {}}; break;
        default: line = {plain("Action "), code(to_string(record.action)), plain(" of ")}; break;
    }
    add_place(line, record);
    line.push_back(plain(took));
    if (record.after && !record.error) {
        line.push_back(plain(": "));
        add_revision(line, *record.after);
        if (record.health && !record.health->version.empty()) {
            line.push_back(plain(", etcd "));
            line.push_back(strong(record.health->version));
        }
    }
    line.push_back(plain("."));
    return line;
}

Line where(const model::RunRecord& record) {
    Line line;
    const auto add = [&line](const std::string& label, const std::string& value) {
        if (!value.empty()) {
            line.push_back(plain((line.empty() ? "" : " · ") + label));
            line.push_back(code(value));
        }
    };
    add("Kubernetes ", record.kubernetes_version);
    add("at ", record.cluster);
    add("helm ", record.helm_version);
    if (record.health && record.health->cluster_id != 0) {
        add("etcd cluster ID ", model::hex_id(record.health->cluster_id));
    }
    return line;
}

// "Rolled back to revision 4, healthy", or that it was tried.
Line rolled_back(const model::RunRecord& record) {
    const auto& rollback = *record.rollback;
    Line line;
    if (rollback.healthy) {
        line = {strong("Rolled back to revision " + std::to_string(rollback.revision) + ", healthy"),
                plain(". Now it is ")};
    } else {
        line = {strong("The way back to revision " + std::to_string(rollback.revision) + " failed"),
                plain(": " + rollback.why_not + ". Now it is ")};
    }
    add_revision(line, record.after.value_or(model::ReleaseRevision{}));
    line.push_back(plain("."));
    return line;
}

// What runs now, for a run that did not end well.
Line state_now(const model::RunRecord& record) {
    if (!record.touched) {
        return {strong("Nothing was touched"), plain(": what ran before runs as before.")};
    }
    if (record.rollback && record.rollback->revision != 0) {
        return rolled_back(record);
    }
    Line line{strong("Nothing was rolled back"), plain(": ")};
    if (record.rollback && !record.rollback->why_not.empty()) {
        line.push_back(plain(record.rollback->why_not + ". "));
    }
    if (record.action == model::Action::uninstall) {
        line.push_back(plain("what is left of the release stays as it is."));
        return line;
    }
    if (record.before) {
        line.push_back(plain("before was "));
        add_revision(line, *record.before);
        line.push_back(plain(record.after ? ", now it is " : "; the cluster stays as the run left it."));
    } else {
        line.push_back(plain(record.after ? "the first revision is there, "
                                          : "the pods and volumes that the first "
                                            "install made stay as they are."));
    }
    if (record.after) {
        add_revision(line, *record.after);
        line.push_back(plain("."));
    }
    return line;
}

void add_lead(Document& document, const model::RunRecord& record) {
    const auto story = story_of(record);
    const bool ended_well = !record.error && story != Story::unhealthy;
    if (story == Story::bad_input && record.phases.empty()) {
        document.lead.emplace_back(
            Paragraph{{strong("Nothing was touched"), plain(": the run ended before it asked the cluster anything.")}});
        return;
    }
    if (story == Story::bad_input) {
        document.lead.emplace_back(Paragraph{state_now(record)});  // its section says what to do
    } else if (!ended_well) {
        std::string hint = story != Story::cancelled && record.cause && !record.cause->hint.empty() ? record.cause->hint
                           : record.error                                                           ? record.error->hint
                                                                                                    : "";
        if (!hint.empty()) {
            document.lead.emplace_back(Paragraph{{strong("What to do: "), plain(std::move(hint))}});
        }
        document.lead.emplace_back(Paragraph{state_now(record)});
    }
    document.lead.emplace_back(Paragraph{what_was_done(record)});
    if (auto line = where(record); !line.empty()) {
        document.lead.emplace_back(Paragraph{std::move(line)});
    }
}

void add_warnings(Document& document, const model::RunRecord& record) {
    Bullets warnings;
    for (const auto& warning : record.warnings) {
        warnings.items.push_back({{warning, Style::attention}});
    }
    if (!warnings.items.empty()) {
        document.lead.emplace_back(std::move(warnings));
    }
}

std::optional<Section> data_section(const model::RunRecord& record) {
    const bool is_removal = record.action == model::Action::uninstall;
    if (record.deleted_volumes.empty() && (!is_removal || record.kept_volumes.empty())) {
        return std::nullopt;
    }
    Section section{.title = record.kept_volumes.empty() ? "Deleted data" : "The data is still there", .blocks = {}};
    Table table{.header = {"Volume claim", "Size", "Storage class"}, .rows = {}};
    for (const auto& volume : record.kept_volumes.empty() ? record.deleted_volumes : record.kept_volumes) {
        table.rows.push_back({{code(volume.claim)}, {plain(volume.capacity)}, {plain(volume.storage_class)}});
    }
    section.blocks.emplace_back(std::move(table));
    if (!record.kept_volumes.empty()) {
        section.blocks.emplace_back(
            Paragraph{{plain("The next install of "), code(record.release),
                       plain(" in this namespace takes these volumes up again with "), code("leftover-data: adopt"),
                       plain(", and is refused without. To delete them, and all data of this etcd cluster with them, "
                             "for good:")}});
        section.blocks.emplace_back(Code{"sh", command_to_delete(record.namespace_name, record.kept_volumes)});
    }
    return section;
}

std::optional<Section> timeline_section(const model::RunRecord& record) {
    if (record.phases.empty()) {
        return std::nullopt;
    }
    const auto total = total_duration(record);
    Section section{.title = "How long it took: " + base::human_duration(total), .blocks = {}};
    const bool ended_well = !record.error;
    section.blocks.emplace_back(
        Timeline{.phases = record.phases, .total = total, .fold = ended_well ? "" : "Each phase"});
    return section;
}

void name_context(std::vector<Block>& blocks, const std::string& context) {
    for (auto& block : blocks) {
        if (auto* commands = std::get_if<Code>(&block); commands != nullptr && commands->language == "sh") {
            commands->text = in_context(commands->text, context);
        }
    }
}

Document in_any_context(const model::RunRecord& record) {
    auto [mark, headline] = headline_of(record);
    Document document{
        .mark = mark, .headline = std::move(headline), .lead = {}, .sections = {}, .run_url = record.run_url};
    if (record.diagnosis) {
        add_diagnosis(document, record);
        add_warnings(document, record);
        return document;
    }
    add_lead(document, record);
    add_warnings(document, record);
    if (tells_the_plan(record)) {
        document.sections = plan_sections(record);
        if (auto section = timeline_section(record)) {
            document.sections.push_back(std::move(*section));
        }
        return document;
    }
    for (auto section : {changes_section(record), availability_section(record), file_section(record),
                         data_section(record), members_section(record), timeline_section(record),
                         failure_section(record), seen_section(record), connect_section(record)}) {
        if (section) {
            document.sections.push_back(std::move(*section));
        }
    }
    return document;
}

}  // namespace

Document compose(const model::RunRecord& record) {
    auto document = in_any_context(record);
    name_context(document.lead, record.named_context);
    for (auto& section : document.sections) {
        name_context(section.blocks, record.named_context);
    }
    return document;
}

}  // namespace report
