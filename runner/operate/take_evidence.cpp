#include "operate/take_evidence.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "diagnose/judge.hpp"
#include "model/timestamp.hpp"
#include "operate/diagnose_gather.hpp"
#include "rollout/problem.hpp"

namespace operate {
namespace {

using ::diagnose::Facts;
using model::SeenAtFailure;

constexpr std::chrono::seconds look_limit{5};
constexpr std::ptrdiff_t log_lines = 50;
constexpr std::size_t most_events = 60;
constexpr std::size_t most_logs = 14;  // seven members, now and before

// The same run with a time of its own: the run's may be up.
Run in_short(const Run& run) {
    auto request = run.request();
    request.timeout = look_limit;
    return {std::move(request), run.tools(), run.record(), run.stop()};
}

std::string one_line(std::string_view text, std::size_t limit = 400) {
    return base::shorten(base::replace_all(base::printable(base::trim(text)), "\n", " "), limit);
}

std::string last_lines(const std::string& text) {
    const auto lines = base::split(base::trim(text), '\n');
    const auto skip = std::max<std::ptrdiff_t>(0, std::ssize(lines) - log_lines);
    return base::join({lines.begin() + skip, lines.end()}, "\n");
}

// The members, and the pods of hooks that have not succeeded.
std::vector<const model::Pod*> pods_of_release(const Facts& facts) {
    auto pods = facts.members();
    for (const auto& [name, job] : facts.view.jobs()) {
        if (job.is_hook() && !job.is_complete()) {
            std::ranges::copy(facts.view.pods_of(job.meta.uid), std::back_inserter(pods));
        }
    }
    std::ranges::copy(facts.hooks_that_are_pods(), std::back_inserter(pods));
    return pods;
}

void add_pods(const Facts& facts, SeenAtFailure& seen) {
    std::set<std::string> unwell;
    for (const auto* pod : pods_of_release(facts)) {
        seen.pods.push_back({.name = pod->meta.name,
                             .node = pod->node,
                             .phrase = rollout::pod_phrase(*pod, facts.view),
                             .restarts = pod->restarts()});
        if (!pod->ready() || pod->terminating() || pod->restarts() > 0) {
            unwell.insert(pod->meta.name);
        }
    }
    for (const auto& log : facts.logs) {
        if (unwell.contains(log.pod) && !base::trim(log.text).empty() && seen.logs.size() < most_logs) {
            seen.logs.push_back(
                {.pod = log.pod, .container = log.container, .previous = log.previous, .text = last_lines(log.text)});
        }
    }
    std::ranges::sort(seen.logs, {}, [](const auto& log) { return std::tuple(log.pod, log.container, !log.previous); });
}

void add_claims(const Facts& facts, SeenAtFailure& seen) {
    for (const auto& [name, claim] : facts.view.claims()) {
        seen.claims.push_back({.name = name,
                               .phase = claim.phase,
                               .capacity = claim.capacity,
                               .storage_class = claim.storage_class,
                               .volume = claim.volume});
    }
}

void add_events(const Facts& facts, SeenAtFailure& seen) {
    std::vector<const model::Event*> events;
    for (const auto& [name, event] : facts.view.events()) {
        events.push_back(&event);
    }
    std::ranges::stable_sort(events, {}, [](const auto* event) {
        return std::pair(event->seen.value_or(model::Timestamp()), event->meta.resource_version);
    });
    for (const auto* event : events) {
        seen.events.push_back(model::utc_text(event->seen.value_or(model::Timestamp())) + " " + one_line(event->type) +
                              " " + one_line(event->reason) + " " + one_line(event->object_kind) + "/" +
                              one_line(event->object_name) + ": " + one_line(event->message));
    }
    if (seen.events.size() > most_events) {
        seen.events.erase(seen.events.begin(), seen.events.end() - static_cast<std::ptrdiff_t>(most_events));
    }
}

// Nodes of pods that are not ready, when they are not either. Few may read them: no note then.
void add_nodes(const Run& run, const Facts& facts, Evidence& evidence, SeenAtFailure& seen) {
    std::set<std::string> names;
    for (const auto* pod : pods_of_release(facts)) {
        if (!pod->node.empty() && !pod->ready()) {
            names.insert(pod->node);
        }
    }
    for (const auto& name : names) {
        const auto ready = run.tools().kube.readiness_of_node(name, run.scope());
        if (!ready || ready->status == "True") {
            continue;
        }
        seen.nodes.push_back("node " + name + " is not ready" +
                             (ready->last_transition ? " since " + model::utc_text(*ready->last_transition) : "") +
                             ": " + one_line(ready->reason) + ", " + one_line(ready->message));
        evidence.add("nodes.txt", seen.nodes.back() + "\n");
    }
}

}  // namespace

void take_evidence(const Run& run, const Observer& observer, Evidence& evidence, const base::Error& error) {
    auto& record = run.record();
    if (!record.touched || error.code == base::ErrorCode::cancelled || run.stop().stop_requested()) {
        return;
    }
    PhaseScope phase(run, "evidence");
    run.tools().progress.line("looking at what is there, before anything is undone");
    const Run limited = in_short(run);
    Gathering gathering(limited, evidence);
    gather_objects(gathering);
    auto& facts = gathering.facts();
    // Events that are gone from the API server, and all when it does not answer any more.
    for (const auto& [name, event] : observer.view().events()) {
        facts.view.upsert(event);
    }
    if (!facts.saw_pods) {
        for (const auto& [name, pod] : observer.view().pods()) {
            facts.view.upsert(pod);
        }
    }
    gather_members(gathering);
    SeenAtFailure seen;
    add_pods(facts, seen);
    add_claims(facts, seen);
    add_events(facts, seen);
    add_nodes(limited, facts, evidence, seen);
    seen.notes = facts.notes;
    if (!record.health) {
        record.health = ::diagnose::judge(facts).health;
    }
    record.seen_at_failure = std::move(seen);
    phase.complete();
}

}  // namespace operate
