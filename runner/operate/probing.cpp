#include "operate/probing.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <ranges>
#include <utility>

#include "etcd/gateway.hpp"

namespace operate {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;  // connections wait by real time, whatever the run's clock says

constexpr milliseconds after_a_failed_round{20};
constexpr milliseconds retry_lease{1000};

// "etcd-deploy/probe/etcd/9f86d081884c7d65": two runs never meet.
std::string new_key(const std::string& release) {
    std::random_device random;
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%08x%08x", static_cast<unsigned>(random()),
                  static_cast<unsigned>(random()));
    return "etcd-deploy/probe/" + release + "/" + text.data();
}

bool runs(const model::Pod& pod, const std::string& container) {
    return std::ranges::any_of(pod.containers, [&](const model::ContainerStatus& status) {
        return !status.is_init && status.name == container && status.running;
    });
}

// Asking again would not help.
bool is_final(const base::Error& error) {
    return error.code == base::ErrorCode::forbidden || error.code == base::ErrorCode::unauthorized ||
           error.code == base::ErrorCode::etcd_unhealthy;
}

base::Result<etcd::Transport> silence(const std::string& member) {
    return base::fail(base::ErrorCode::timed_out, member + " has not answered a write yet");
}

}  // namespace

Probing::Probing(const Run& run, const model::StatefulSet& set, std::vector<std::string> members, const ProbePace& pace)
    : run_(run),
      set_(set),
      members_(std::move(members)),
      pace_(pace),
      key_(new_key(run.request().release)),
      own_run_(run.request(), run.tools(), unused_, stop_.get_token()) {
    for (const auto& member : members_) {
        turns_[member];
        writers_at_[member];
    }
    samples_.members = members_.size();
    samples_.begin = run_.since_start();
    decider_ = std::jthread([this](const std::stop_token& stop) {
        const std::stop_callback also(stop, [this] { stop_.request_stop(); });
        work(stop);
        const std::scoped_lock lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    });
}

void Probing::publish(std::map<std::string, model::Pod> pods) {
    const std::scoped_lock lock(mutex_);
    pods_.clear();
    for (auto& [name, pod] : pods) {
        pods_[name] = std::make_shared<const model::Pod>(std::move(pod));
    }
    ++published_;
    changed_.notify_all();
}

bool Probing::wait_until_writing(milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, run_.stop(), limit, [this] { return writing_ || ended_; });
    return writing_ && !ended_;
}

bool Probing::writes_fast() const {
    constexpr std::size_t enough = 3;
    constexpr milliseconds fast{25};
    const std::scoped_lock lock(mutex_);
    if (!writing_ || ended_) {
        return true;  // it tells nothing
    }
    const auto limit = std::max(fast, 2 * fastest_write_.value_or(fast));
    const auto now = run_.since_start();
    if (std::ranges::any_of(writers_at_,
                            [&](const auto& one) { return one.second.number && now - one.second.since > limit; })) {
        return false;
    }
    const auto last = samples_.writes | std::views::reverse | std::views::take(enough);
    return std::ranges::distance(last) == enough && std::ranges::all_of(last, [limit](const model::WriteSample& one) {
               return one.acknowledged && one.ended - one.sent <= limit;
           });
}

model::ProbeSamples Probing::finish() {
    decider_.request_stop();
    decider_.join();
    return std::move(samples_);
}

void Probing::note(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    if (samples_.note.empty()) {
        samples_.note = text;
    }
}

void Probing::pause(milliseconds length, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, length, [] { return false; });
}

void Probing::work(const std::stop_token& stop) {
    auto reach = EtcdMembers::open(own_run_, set_);
    if (!reach) {
        if (!stop.stop_requested()) {
            note(reach.error().text());
        }
        return;
    }
    reach_.emplace(std::move(*reach));
    for (const auto& member : members_) {
        at_members_.emplace_back([this, member](const std::stop_token& own) { watch(member, own); });
        at_members_.emplace_back([this, member](const std::stop_token& own) { write_at(member, own); });
    }
    if (prepare(stop)) {
        write_on(stop);
    }
    samples_.end = run_.since_start();
    await_outstanding();
    for (auto& thread : at_members_) {
        thread.request_stop();
    }
    at_members_.clear();
    close();
}

Probing::PodPointer Probing::pod_of(const std::string& member) const {
    const std::scoped_lock lock(mutex_);
    const auto found = pods_.find(member);
    return found == pods_.end() ? nullptr : found->second;
}

base::Result<etcd::Transport> Probing::way_to(const std::string& member, const etcd::Scope& scope) {
    const auto pod = pod_of(member);
    if (!pod || !runs(*pod, reach_->settings().container)) {
        return base::fail(base::ErrorCode::unreachable, member + " does not run");
    }
    TRY_ASSIGN(const auto* reached, reach_->member(*pod));
    return reached->transport(scope);
}

milliseconds Probing::patience() const {
    constexpr int times = 4;
    const std::scoped_lock lock(mutex_);
    return std::max(pace_.write_limit, fastest_write_ ? times * *fastest_write_ : milliseconds(0));
}

void Probing::go_to_next() {
    current_ = (current_ + 1) % members_.size();
}

bool Probing::choose() {
    const auto find = [this](const auto& fits) {
        for (std::size_t tries = 0; tries < members_.size(); ++tries) {
            if (fits(members_[current_])) {
                return true;
            }
            go_to_next();
        }
        return false;
    };
    const auto is_free = [this](const std::string& member) { return !writers_at_.at(member).number; };
    const auto answers = [this](const std::string& member) {
        const auto known = answers_.find(member);
        return known == answers_.end() || known->second;
    };
    return find([&](const std::string& member) { return is_free(member) && answers(member); }) || find(is_free);
}

base::Result<model::KeyAnswer> Probing::ask_at(const std::string& member, const Ask& ask, const etcd::Scope& scope) {
    const std::unique_lock turn(turns_.at(member), scope.deadline);
    if (!turn) {
        return base::fail(base::ErrorCode::timed_out, member + " is silent");
    }
    TRY_ASSIGN(const auto transport, way_to(member, scope));
    return ask(transport);
}

base::Result<model::KeyAnswer> Probing::grant(const etcd::Scope& scope) {
    return ask_at(
        members_[current_],
        [this](const etcd::Transport& transport) -> base::Result<model::KeyAnswer> {
            TRY_ASSIGN(lease_, etcd::grant_lease(pace_.time_to_live, transport));
            const std::scoped_lock lock(mutex_);
            lease_due_ = Clock::now() + pace_.time_to_live / 3;
            return model::KeyAnswer{};
        },
        scope);
}

// The lease is the first thing that takes a majority: with it the clock starts.
bool Probing::prepare(const std::stop_token& stop) {
    std::string reason;
    for (std::size_t tries = 1; !stop.stop_requested(); ++tries) {
        {
            const std::scoped_lock lock(mutex_);
            choose();
        }
        const auto granted = grant({.stop = stop, .deadline = Clock::now() + pace_.answer_limit});
        if (granted) {
            samples_.begin = run_.since_start();
            return true;
        }
        if (stop.stop_requested()) {
            break;
        }
        reason = granted.error().text();
        if (is_final(granted.error())) {
            note(reason);
            return false;
        }
        go_to_next();
        if (tries % members_.size() == 0) {
            pause(after_a_failed_round, stop);
        }
    }
    if (!reason.empty()) {
        note("etcd acknowledged no write: " + reason);
    }
    return false;
}

void Probing::write_on(const std::stop_token& stop) {
    std::size_t failed_in_turn = 0;
    for (std::uint64_t number = 1; !stop.stop_requested(); ++number) {
        const auto began = Clock::now();
        const auto give_up = began + patience();
        std::unique_lock lock(mutex_);
        if (!choose()) {  // nobody is left to ask: the first answer is waited for
            changed_.wait(lock, stop, [this] { return choose(); });
            continue;
        }
        const auto& member = members_[current_];
        auto& writer = writers_at_.at(member);
        writer.number = number;
        writer.since = run_.since_start();
        changed_.notify_all();
        const bool is_done = changed_.wait_until(lock, stop, give_up, [&writer] { return !writer.number; });
        if (!is_done) {
            answers_[member] = false;  // until it has told its status again
            go_to_next();
            continue;
        }
        if (!writer.failure) {
            failed_in_turn = 0;
            changed_.wait_until(lock, stop, began + pace_.write_every, [] { return false; });
            continue;
        }
        if (is_final(*writer.failure)) {
            if (samples_.note.empty()) {
                samples_.note = writer.failure->text();
            }
            return;
        }
        const bool has_run_out = writer.failure->code == base::ErrorCode::gone;
        if (!has_run_out) {
            answers_[member] = false;
            go_to_next();
        }
        lock.unlock();
        if (has_run_out) {
            std::ignore = grant({.stop = stop, .deadline = Clock::now() + pace_.answer_limit});
        }
        if (++failed_in_turn % members_.size() == 0) {
            pause(after_a_failed_round, stop);
        }
    }
}

// What becomes of a write that was sent is worth knowing; not for as long to somebody who has stopped the run.
void Probing::await_outstanding() {
    const auto are_settled = [this] {
        return std::ranges::none_of(writers_at_, [](const auto& one) { return one.second.number.has_value(); });
    };
    const auto end = Clock::now() + patience();
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, run_.stop(), end, are_settled) && run_.stop().stop_requested()) {
        changed_.wait_until(lock, std::min(end, Clock::now() + pace_.stopped_limit), are_settled);
    }
}

void Probing::write_at(const std::string& member, const std::stop_token& stop) {
    auto& writer = writers_at_.at(member);
    for (;;) {
        etcd::Write write{.key = key_, .value = {}, .lease = {}};
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, stop, [&writer] { return writer.number.has_value(); })) {
                return;
            }
            write.value = std::to_string(*writer.number);
        }
        write.lease = lease_;
        model::WriteSample sample{.sent = run_.since_start(), .ended = {}, .acknowledged = {}};
        auto answer = ask_at(member, [&write](const etcd::Transport& transport) { return etcd::put(write, transport); },
                             {.stop = stop, .deadline = Clock::now() + pace_.answer_limit});
        const std::scoped_lock lock(mutex_);
        sample.ended = run_.since_start();  // under the lock: the samples are in order of their ends
        writer.number.reset();
        writer.failure.reset();
        if (answer) {
            sample.acknowledged = *answer;
            writing_ = true;
            fastest_write_ = std::min(fastest_write_.value_or(sample.ended - sample.sent), sample.ended - sample.sent);
        } else {
            writer.failure = std::move(answer).error();
        }
        // A refusal says nothing of etcd's availability.
        if (!writer.failure || !is_final(*writer.failure)) {
            samples_.writes.push_back(sample);
        }
        changed_.notify_all();
    }
}

// Whatever write was the last: it, or one that came later, must be there.
void Probing::close() {
    // Of a run that was stopped half of the time that is left: the lock is to be given back, too.
    const auto left =
        std::chrono::duration_cast<milliseconds>(run_.closing_scope().deadline - run_.tools().clock.now());
    const auto limit = run_.stop().stop_requested() ? std::min(pace_.closing_limit, left / 2) : pace_.closing_limit;
    const auto end = Clock::now() + limit;
    const auto one_try = limit / 2;
    const auto on_some_member = [&](const Ask& ask) {
        auto answer = base::Result<model::KeyAnswer>(base::fail(base::ErrorCode::timed_out, "no time was left"));
        for (std::size_t tries = 0; tries < members_.size() && !answer && Clock::now() < end; ++tries) {
            {
                const std::scoped_lock lock(mutex_);
                choose();
            }
            answer = ask_at(members_[current_], ask, {.stop = {}, .deadline = std::min(end, Clock::now() + one_try)});
            if (!answer) {
                const std::scoped_lock lock(mutex_);
                answers_[members_[current_]] = false;
                go_to_next();
            }
        }
        return answer;
    };
    if (writing_) {
        const auto last = on_some_member([&](const etcd::Transport& transport) { return etcd::read(key_, transport); });
        if (last) {
            samples_.last_read = *last;
        } else {
            note("the last write could not be read again: " + last.error().text());
        }
    }
    if (lease_ != 0) {
        // If it fails, the key lives for some seconds more.
        std::ignore = on_some_member([&](const etcd::Transport& transport) -> base::Result<model::KeyAnswer> {
            TRY(etcd::revoke_lease(lease_, transport));
            return model::KeyAnswer{};
        });
    }
}

std::optional<model::MemberSample> Probing::ask_status(const std::string& name, const std::stop_token& stop) {
    model::MemberSample sample{.at = {}, .pod = name, .healthy = false, .raft_term = 0};
    const etcd::Scope scope{.stop = stop, .deadline = Clock::now() + pace_.status_limit};
    const std::unique_lock turn(turns_.at(name), scope.deadline);
    if (!turn && lease_ == 0) {
        return std::nullopt;  // the first question is opening the way to it
    }
    if (const auto transport = turn ? way_to(name, scope) : silence(name)) {
        const auto answer = (*transport)("/v3/maintenance/status", "{}");
        if (answer && answer->status != 200) {
            return std::nullopt;  // it answers, but not to us
        }
        const auto status = answer ? etcd::decode_status(answer->body) : base::Result<model::MemberStatus>();
        sample.healthy = answer && status && status->leader_id != 0;
        sample.raft_term = sample.healthy ? status->raft_term : 0;
    }
    sample.at = run_.since_start();
    return sample;
}

void Probing::keep_lease_when_due(const etcd::Member& member, const std::stop_token& stop) {
    {
        const std::scoped_lock lock(mutex_);
        if (lease_ == 0 || Clock::now() < lease_due_) {
            return;
        }
        lease_due_ = Clock::now() + pace_.time_to_live / 3;  // nobody else tries meanwhile
    }
    // One that has run out is the writer's to renew: it notices.
    const auto scope = etcd::Scope{.stop = stop, .deadline = Clock::now() + pace_.status_limit};
    if (!etcd::keep_lease(lease_, member.transport(scope))) {
        const std::scoped_lock lock(mutex_);
        lease_due_ = Clock::now() + retry_lease;
    }
}

void Probing::watch(const std::string& member, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto next = Clock::now() + pace_.status_every;
        std::uint64_t published = 0;
        {
            const std::scoped_lock lock(mutex_);
            published = published_;
        }
        const auto sample = ask_status(member, stop);
        if (stop.stop_requested()) {
            return;  // it was cut short
        }
        {
            const std::scoped_lock lock(mutex_);
            answers_[member] = !sample || sample->healthy;
            if (sample) {
                samples_.statuses.push_back(*sample);
            }
        }
        if (sample && sample->healthy) {
            if (const auto pod = pod_of(member)) {
                if (const auto reached = reach_->member(*pod)) {
                    keep_lease_when_due(**reached, stop);
                }
            }
        }
        // A pod that has changed is asked at once: so the way to a new one is open early.
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, stop, next, [&] { return published_ != published; });
    }
}

}  // namespace operate
