#include "operate/availability.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>
#include <vector>

#include "health/availability.hpp"
#include "operate/check_etcd.hpp"
#include "operate/release.hpp"

namespace operate {

AvailabilityProbe::~AvailabilityProbe() {
    std::ignore = finish();
}

void AvailabilityProbe::remember(const rollout::View& before) {
    if (!run_.request().availability_probe) {
        return;
    }
    if (const auto set = etcd_set(before, run_.request().release)) {
        set_uid_ = (*set)->meta.uid;
        generation_ = (*set)->meta.generation;
        for (const auto* pod : before.pods_of(set_uid_)) {
            uid_of_member_[pod->meta.name] = pod->meta.uid;
        }
    }
    if (uid_of_member_.empty()) {
        run_.record().availability = model::Availability{.note = "no member of etcd ran before"};
    }
}

bool AvailabilityProbe::differs(const model::StatefulSet& set, const rollout::View& now) const {
    return set.meta.generation != generation_ || std::ranges::any_of(uid_of_member_, [&](const auto& member) {
               const auto pod = now.pods().find(member.first);
               return pod == now.pods().end() || pod->second.meta.uid != member.second || pod->second.terminating();
           });
}

void AvailabilityProbe::look(const rollout::View& now) {
    if (uid_of_member_.empty()) {
        return;
    }
    if (probing_) {
        publish(now);
        return;
    }
    const auto set = etcd_set(now, run_.request().release);
    if (set && differs(**set, now)) {
        start(now);
    }
}

void AvailabilityProbe::publish(const rollout::View& now) {
    std::map<std::string, model::Pod> pods;
    for (const auto& [name, uid] : uid_of_member_) {
        if (const auto pod = now.pods().find(name); pod != now.pods().end()) {
            pods.insert(*pod);
        }
    }
    probing_->publish(std::move(pods));
}

void AvailabilityProbe::start(const rollout::View& now) {
    const auto set = etcd_set(now, run_.request().release);
    if (probing_ || uid_of_member_.empty() || !set) {
        return;
    }
    std::vector<std::string> members;
    for (const auto& [name, uid] : uid_of_member_) {
        members.push_back(name);
    }
    probing_ = std::make_unique<Probing>(run_, **set, std::move(members), pace_);
    publish(now);
}

void AvailabilityProbe::start_before_rolling(const rollout::View& now) {
    constexpr std::chrono::milliseconds first_write{500};
    start(now);
    std::ignore = wait_until_writing(std::min(first_write, run_.request().timeout));
}

bool AvailabilityProbe::wait_until_writing(std::chrono::milliseconds limit) {
    return probing_ && probing_->wait_until_writing(limit);
}

base::Result<void> AvailabilityProbe::finish() {
    if (!probing_) {
        return {};
    }
    auto samples = std::exchange(probing_, nullptr)->finish();
    uid_of_member_.clear();  // it is over: nothing starts it again
    if (samples.writes.empty() && samples.note.empty()) {
        return {};  // it ended before it had begun
    }
    auto& record = run_.record();
    record.availability = health::availability(std::move(samples));
    auto lost = health::lost_write_finding(*record.availability);
    if (!lost || !record.health) {
        return {};
    }
    std::vector<model::Finding> findings{std::move(*lost)};  // nothing matters more
    std::ranges::move(record.health->findings, std::back_inserter(findings));
    record.health->findings = std::move(findings);
    return std::unexpected(unhealthy(*record.health));
}

}  // namespace operate
