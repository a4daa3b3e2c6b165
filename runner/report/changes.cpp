#include "base/text.hpp"
#include "report/compose.hpp"
#include "report/story.hpp"

namespace report {
namespace {

// "revision 3 → 4"
Line revisions(const model::ReleaseRevision& before, const model::ReleaseRevision& after) {
    return {plain("release revision "),
            strong(std::to_string(before.revision) + " → " + std::to_string(after.revision))};
}

Line charts(const model::RunRecord& record) {
    const auto& after = record.after->chart;
    if (record.before && record.before->chart != after) {
        return {plain("chart "), code(record.before->chart), plain(" → "), code(after)};
    }
    Line line{plain("chart "), code(after)};
    line.push_back(plain(record.before ? ", as before" : ""));
    return line;
}

void add_pods(Bullets& bullets, const std::string& label, const std::vector<std::string>& pods) {
    if (pods.empty()) {
        return;
    }
    Line line{plain(label)};
    for (std::size_t i = 0; i < pods.size(); ++i) {
        line.push_back(plain(i == 0 ? "" : ", "));
        line.push_back(code(pods[i]));
    }
    bullets.items.push_back(std::move(line));
}

// "replaced one at a time: etcd-2 (follower, 2.1 s), etcd-0 (leader, which etcd-2 became before, 2.4 s)"
void add_replacements(Bullets& bullets, const std::vector<model::Replacement>& replacements) {
    if (replacements.empty()) {
        return;
    }
    Line line{plain("replaced by the runner, one at a time: ")};
    for (const auto& one : replacements) {
        line.push_back(code(one.pod));
        line.push_back(plain(" (" + one.role +
                             (one.successor.empty() ? "" : ", leadership moved to " + one.successor + " before") +
                             (one.is_back ? ", back after " + base::human_duration(one.took) : ", not back") +
                             (&one == &replacements.back() ? ")" : "), ")));
    }
    bullets.items.push_back(std::move(line));
}

Line value_or_nothing(const std::string& value) {
    return value.empty() ? Line{plain("not set")} : Line{code(value)};
}

Section removal(const model::RunRecord& record) {
    Bullets bullets;
    Line line{plain("release "), code(record.release), plain(" is gone, and its pods with it")};
    if (record.before) {
        line.push_back(plain("; it was at revision " + std::to_string(record.before->revision)));
        if (!record.before->chart.empty()) {
            line.push_back(plain(" of chart "));
            line.push_back(code(record.before->chart));
        }
    }
    bullets.items.push_back(std::move(line));
    return {.title = "What changed", .blocks = {std::move(bullets)}};
}

}  // namespace

std::optional<Section> changes_section(const model::RunRecord& record) {
    const auto story = story_of(record);
    if (story == Story::uninstalled) {
        return removal(record);
    }
    if (record.action == model::Action::uninstall || !record.touched) {
        return std::nullopt;
    }
    Section section{.title = "What changed", .blocks = {}};
    Bullets bullets;
    if (story == Story::unchanged) {
        bullets.items.push_back({plain("nothing: the manifests are those that ran before, and no pod was restarted")});
    }
    if (record.before && record.after) {
        bullets.items.push_back(revisions(*record.before, *record.after));
    }
    if (record.after && !record.after->chart.empty()) {
        bullets.items.push_back(charts(record));
    }
    add_pods(bullets, "pods restarted: ", record.restarted_pods);
    add_pods(bullets, "pods created: ", record.created_pods);
    add_replacements(bullets, record.replacements);
    if (!bullets.items.empty()) {
        section.blocks.emplace_back(std::move(bullets));
    }
    if (!record.value_changes.empty()) {
        Table table{.header = {"Setting", "Before", "Now"}, .rows = {}};
        for (const auto& change : record.value_changes) {
            table.rows.push_back(
                {{code(change.path)}, value_or_nothing(change.before), value_or_nothing(change.after)});
        }
        section.blocks.emplace_back(std::move(table));
    }
    return section.blocks.empty() ? std::nullopt : std::optional(std::move(section));
}

}  // namespace report
