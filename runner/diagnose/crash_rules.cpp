#include <algorithm>

#include "base/text.hpp"
#include "diagnose/commands.hpp"
#include "diagnose/log_rules.hpp"
#include "diagnose/rules.hpp"
#include "rollout/problem.hpp"

namespace diagnose {
namespace {

using model::Certainty;

constexpr std::ptrdiff_t last_words = 5;

// The last end that was not a good one.
const model::Termination& end_of(const model::ContainerStatus& container) {
    const bool now = container.terminated && container.terminated->exit_code != 0;
    return now || !container.last_terminated ? *container.terminated : *container.last_terminated;
}

std::string memory_limit_of(const Facts& facts, const std::string& container) {
    if (const auto* set = facts.set()) {
        for (const auto& known : set->pod_template.containers) {
            if (known.name == container) {
                return known.memory_limit;
            }
        }
    }
    return {};
}

// Twice as much: "512Mi" -> "1024Mi"; empty when that is no number with a unit.
std::string doubled(const std::string& size) {
    const auto unit = size.find_first_not_of("0123456789");
    if (unit == 0 || unit == std::string::npos || unit > 9) {
        return {};
    }
    return std::to_string(std::stoul(size.substr(0, unit)) * 2) + size.substr(unit);
}

Found out_of_memory(const Facts& facts, const model::ContainerStatus& container) {
    const auto limit = memory_limit_of(facts, container.name);
    const auto more = doubled(limit);
    Found found{.rule = "out-of-memory",
                .headline = "{pods}: container " + container.name + " is killed for want of memory (OOMKilled" +
                            (limit.empty() ? "" : ", limit " + quoted(limit, 40)) + ")",
                .advice = limit.empty() ? "the node itself has too little memory: set resources.requests.memory, or "
                                          "give it more"
                                        : "raise resources.limits.memory; etcd needs some 100 MiB and its whole "
                                          "database in memory",
                .commands = {},
                .evidence = {}};
    if (more.empty()) {
        found.commands = {"kubectl describe nodes", deploy_again(facts)};
    } else {
        found.commands = {deploy_again(facts, {"resources.limits.memory=" + more})};
    }
    return found;
}

Found unknown_reason(const Facts& facts, const model::Pod& pod, const model::ContainerStatus& container,
                     const std::vector<LogLine>& lines) {
    const auto& end = end_of(container);
    Found found{.rule = "crash-loop",
                .headline = "{pods}: container " + container.name + " ends with exit code " +
                            std::to_string(end.exit_code) +
                            (end.reason.empty() || end.reason == "Error" ? "" : " (" + quoted(end.reason, 60) + ")"),
                .advice = "its last log lines name the reason",
                .commands = roll_back(facts, pod.meta.name),
                .evidence = {}};
    found.commands.push_back(logs_of(facts, pod.meta.name, container.name));
    const auto skip = std::max<std::ptrdiff_t>(std::ssize(lines) - last_words, 0);
    for (auto line = lines.begin() + skip; line != lines.end(); ++line) {
        found.evidence.push_back("log of " + pod.meta.name + ": " + line->shown);
    }
    return found;
}

std::string ago(model::Timestamp then, model::Timestamp now) {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - then);
    return base::human_duration(std::max(passed, std::chrono::seconds(0))) + " ago";
}

}  // namespace

void judge_crash(const Facts& facts, const model::Pod& pod, const model::ContainerStatus& container, Causes& causes) {
    const auto& end = end_of(container);
    const bool is_over = pod.ready() && container.running;
    if (is_over && (!end.finished || facts.now - *end.finished > recent * 4)) {
        return;  // it runs well since
    }
    const auto lines = log_lines(log_of(facts, pod.meta.name, container.name));
    std::optional<Found> found;
    if (end.reason == "OOMKilled") {
        found = out_of_memory(facts, container);
    } else if (!is_over || !end.by_signal()) {  // one that is stopped says nothing of itself
        found = reason_to_end(facts, pod.meta.name, lines);
    }
    const bool is_known = found.has_value();
    if (!found) {
        found = unknown_reason(facts, pod, container, lines);
        found->certainty = Certainty::likely;
    } else if (found->rule == "out-of-memory") {
        found->certainty = Certainty::certain;
    }
    found->depth = is_known ? Depth::crash : Depth::etcd;
    found->pods = {pod.meta.name};
    if (is_over) {
        found->certainty = Certainty::possible;
        found->depth = Depth::remark;
        found->pods.clear();
        found->headline =
            base::replace_all(found->headline, pods_here,
                              "pod " + pod.meta.name + " is well again, but " + ago(*end.finished, facts.now));
    }
    for (auto& line : rollout::pod_evidence(pod, facts.view)) {
        found->evidence.push_back(std::move(line));
    }
    causes.add(std::move(*found));
}

}  // namespace diagnose
