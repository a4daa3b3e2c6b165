#include "replay/recording.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "kube/decode.hpp"
#include "support/source_tree.hpp"

namespace replay_test {
namespace {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr const char* release = "etcd";

model::Kind kind_of(const std::string& plural) {
    static const std::map<std::string, model::Kind> kinds{
        {"statefulsets", model::Kind::stateful_set},
        {"pods", model::Kind::pod},
        {"persistentvolumeclaims", model::Kind::persistent_volume_claim},
        {"jobs", model::Kind::job},
        {"events", model::Kind::event}};
    return kinds.at(plural);
}

std::optional<kube::Change> change_of(model::Kind kind, const nlohmann::json& line) {
    if (line.contains("list")) {
        auto list = kube::decode_list(kind, line.at("list").dump());
        EXPECT_TRUE(list.has_value()) << list.error().text();
        return kube::Change{
            .type = kube::ChangeType::synced, .kind = kind, .listed = std::move(list->items), .object = {}};
    }
    auto event = kube::decode_watch_line(kind, line.at("event").dump());
    EXPECT_TRUE(event.has_value()) << event.error().text();
    if (event->object.empty()) {
        return std::nullopt;  // a bookmark
    }
    const bool is_deletion = event->type == kube::WatchLine::Type::deleted;
    return kube::Change{.type = is_deletion ? kube::ChangeType::deleted : kube::ChangeType::upserted,
                        .kind = kind,
                        .listed = {},
                        .object = std::move(event->object)};
}

std::uint64_t version_of(const model::Object& object) {
    return std::visit([](const auto& item) { return item.meta.resource_version; }, object);
}

}  // namespace

Steps read_recording(const std::string& name) {
    Steps steps;
    std::ifstream file(support::test_path("replay/recorded/" + name + ".jsonl"));
    EXPECT_TRUE(file.is_open()) << name;
    for (std::string text; std::getline(file, text);) {
        const auto line = nlohmann::json::parse(text);
        const milliseconds at(static_cast<std::int64_t>(line.at("at").get<double>() * 1000));
        if (auto change = change_of(kind_of(line.at("kind")), line)) {
            steps.push_back({at, std::move(*change)});
        }
    }
    return steps;
}

std::vector<std::string> names_of_recordings() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(support::test_path("replay/recorded"))) {
        names.push_back(entry.path().stem());
    }
    std::ranges::sort(names);
    return names;
}

void Player::apply(const kube::Change& change) {
    if (change.type == kube::ChangeType::synced) {
        view_.replace_all(change.kind, change.listed);
        if (!judge_) {
            for (const auto& object : change.listed) {
                before_.resource_version = std::max(before_.resource_version, version_of(object));
            }
        }
        if (std::ranges::find(listed_, change.kind) == listed_.end()) {
            listed_.push_back(change.kind);
        }
    }
    for (const auto& object : change.object) {
        if (change.type == kube::ChangeType::deleted) {
            view_.remove(object);
        } else {
            view_.upsert(object);
        }
    }
    constexpr std::size_t kinds = 5;
    if (judge_ || listed_.size() < kinds) {
        return;
    }
    for (const auto& [name, pod] : view_.pods()) {
        before_.restarts[pod.meta.uid] = pod.restarts();
    }
    for (const auto& [name, job] : view_.jobs()) {
        before_.jobs.insert(job.meta.uid);
    }
    for (const auto& [name, set] : view_.stateful_sets()) {
        generations_before_[set.meta.uid] = set.meta.generation;
    }
    judge_.emplace(graces_, before_);
}

// The runner judges sets when helm has ended: then the new one is known.
const model::StatefulSet* Player::changed_set() const {
    const auto set = view_.stateful_sets().find("etcd");
    if (set == view_.stateful_sets().end()) {
        return nullptr;
    }
    const auto before = generations_before_.find(set->second.meta.uid);
    const bool is_changed = before == generations_before_.end() || set->second.meta.generation > before->second;
    return is_changed ? &set->second : nullptr;
}

void Player::judge(milliseconds now) {
    judge_again_.reset();
    if (!judge_ || ended()) {
        return;
    }
    const TimePoint time{now};
    const auto keep = [&](const std::optional<TimePoint>& again) {
        if (again) {
            const auto at = std::chrono::ceil<milliseconds>(again->time_since_epoch());
            judge_again_ = judge_again_ ? std::min(*judge_again_, at) : at;
        }
    };
    if (const auto cause = judge_->hooks(view_, release, time)) {
        outcome_ = {.headline = cause->headline, .state = rollout::State::hopeless, .at = now};
        return;
    }
    keep(judge_->judge_again());
    const auto* set = changed_set();
    if (set == nullptr) {
        return;
    }
    const auto verdict = judge_->stateful_set(view_, set->meta.name, set->meta.uid, time);
    outcome_ = {.headline = verdict.cause ? verdict.cause->headline : std::string(), .state = verdict.state, .at = now};
    keep(verdict.judge_again);
}

void Player::take(const Step& step) {
    while (!ended() && judge_again_ && *judge_again_ <= step.at) {
        judge(*judge_again_);
    }
    if (!ended()) {
        apply(step.change);
        judge(step.at);
    }
}

void Player::wait() {
    while (!ended() && judge_again_) {
        judge(*judge_again_);
    }
}

Outcome play(const Steps& steps, const model::Graces& graces) {
    Player player(graces);
    for (const auto& step : steps) {
        player.take(step);
    }
    player.wait();
    return player.outcome();
}

}  // namespace replay_test
