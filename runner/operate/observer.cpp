#include "operate/observer.hpp"

#include <algorithm>
#include <array>

#include "sys/either_stop.hpp"

namespace operate {
namespace {

constexpr std::array kinds{model::Kind::stateful_set, model::Kind::pod, model::Kind::persistent_volume_claim,
                           model::Kind::job, model::Kind::event};

constexpr bool is_essential(model::Kind kind) {
    return kind == model::Kind::stateful_set || kind == model::Kind::pod;
}

constexpr const char* plural(model::Kind kind) {
    switch (kind) {
        case model::Kind::stateful_set: return "statefulsets";
        case model::Kind::pod: return "pods";
        case model::Kind::persistent_volume_claim: return "persistentvolumeclaims";
        case model::Kind::job: return "jobs";
        case model::Kind::event: return "events";
    }
    return "?";
}

std::uint64_t version_of(const model::Object& object) {
    return std::visit([](const auto& item) { return item.meta.resource_version; }, object);
}

}  // namespace

Observer::Observer(const Run& run) : run_(run), unsynced_(kinds.begin(), kinds.end()) {
    for (const auto kind : kinds) {
        watches_.emplace_back([this, kind, client = &run.tools().kube, name = run.namespace_name(),
                               outer = run.stop()](const std::stop_token& own) {
            // Two reasons to end: the run is stopped, or the observer is destroyed.
            const sys::EitherStop either(own, outer);
            auto result = client->watch(
                kind, name, [this](kube::Change change) { mailbox_.put(std::move(change)); },
                [this, kind](std::string text) { mailbox_.put(WatchTrouble{kind, std::move(text)}); },
                {either.token(), sys::Deadline::max()});
            if (!result && !either.token().stop_requested()) {
                mailbox_.put(WatchEnded{kind, std::move(result).error()});
            }
        });
    }
}

void Observer::apply(const kube::Change& change) {
    unseen_.erase(change.kind);
    view_.set_stale(!unseen_.empty());
    switch (change.type) {
        case kube::ChangeType::synced:
            view_.replace_all(change.kind, change.listed);
            for (const auto& object : change.listed) {
                resource_version_ = std::max(resource_version_, version_of(object));
            }
            unsynced_.erase(change.kind);
            return;
        case kube::ChangeType::upserted:
        case kube::ChangeType::deleted:
            troubles_.erase(change.kind);
            for (const auto& object : change.object) {
                resource_version_ = std::max(resource_version_, version_of(object));
                if (change.type == kube::ChangeType::upserted) {
                    view_.upsert(object);
                } else {
                    view_.remove(object);
                }
            }
            return;
    }
}

// Says the same trouble once, however often it is met.
void Observer::take(const WatchTrouble& trouble) {
    if (is_essential(trouble.kind)) {
        unseen_.insert(trouble.kind);
        view_.set_stale(true);
    }
    if (auto& told = troubles_[trouble.kind]; told != trouble.text) {
        told = trouble.text;
        run_.tools().progress.line(trouble.text);
    }
}

base::Result<void> Observer::ended(const WatchEnded& what) {
    const std::string doing = std::string("watching ") + plural(what.kind);
    if (is_essential(what.kind)) {
        return std::unexpected(base::in_context(what.error, doing));
    }
    run_.warn(base::in_context(what.error, doing).text() + " (the reasons for a failure may be missing)");
    unsynced_.erase(what.kind);
    return {};
}

base::Result<Observer::Step> Observer::next(std::chrono::steady_clock::time_point until) {
    Step step;
    auto happening = mailbox_.take(run_.stop(), until);
    if (!happening) {
        return step;
    }
    if (const auto* change = std::get_if<kube::Change>(&*happening)) {
        apply(*change);
        tell();
        step.changed = true;
    } else if (const auto* trouble = std::get_if<WatchTrouble>(&*happening)) {
        take(*trouble);
    } else if (const auto* watch = std::get_if<WatchEnded>(&*happening)) {
        TRY(ended(*watch));
    } else if (auto* line = std::get_if<HelmLine>(&*happening)) {
        step.helm_line.push_back(std::move(*line));
    } else if (auto* helm = std::get_if<HelmEnded>(&*happening)) {
        step.helm_ended.push_back(std::move(*helm));
    }
    return step;
}

base::Result<void> Observer::wait_until_synced() {
    while (!unsynced_.empty()) {
        if (run_.stop().stop_requested() || run_.tools().clock.now() >= run_.deadline()) {
            return std::unexpected(run_.interrupted(base::ErrorCode::timed_out, "reading the namespace"));
        }
        TRY(next(run_.deadline()));
    }
    return {};
}

}  // namespace operate
