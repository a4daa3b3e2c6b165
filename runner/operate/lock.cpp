#include "operate/lock.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <tuple>

#include <unistd.h>

#include "base/text.hpp"
#include "model/timestamp.hpp"
#include "sys/either_stop.hpp"

namespace operate {
namespace {

using base::ErrorCode;
using std::chrono::seconds;

// As the leader election of Kubernetes' own controllers.
constexpr seconds duration{15};
constexpr seconds renewal{5};
constexpr seconds retry{1};
constexpr seconds answer_limit{4};
// From the last renewal: time is left to end helm (three seconds, then it is killed).
constexpr seconds good_for{10};
// From the last renewal, too: how long a change that was allowed within good_for may take.
constexpr seconds change_limit{14};
// A machine that has slept for longer than this does not know what the others did meanwhile.
constexpr seconds short_sleep{1};
// Nobody tells of time that has passed asleep.
constexpr std::chrono::milliseconds watch_pause{250};
// What another holder's lease may say of its duration.
constexpr seconds shortest{5};
constexpr seconds longest{120};

constexpr const char* url_annotation = "etcd-deploy/run-url";
constexpr const char* action_annotation = "etcd-deploy/action";

// Nobody else's: a process of the same name on the same machine may be another's container.
std::string new_identity() {
    std::string host(64, '\0');
    if (gethostname(host.data(), host.size() - 1) != 0) {
        host = "unknown";
    }
    std::random_device random;
    return host.substr(0, host.find('\0')) + "/" + std::to_string(getpid()) + "/" + std::to_string(random()) +
           std::to_string(random());
}

model::Timestamp wall(const Run& run) {
    return std::chrono::floor<std::chrono::microseconds>(run.tools().clock.wall());
}

std::string annotation(const kube::Lease& lease, const char* key) {
    const auto found = lease.annotations.find(key);
    return found == lease.annotations.end() ? std::string() : base::shorten(base::printable(found->second), 300);
}

// "https://github.com/… (upgrade, since 2026-11-25T10:00:00Z)"
std::string holder(const kube::Lease& lease) {
    const auto url = annotation(lease, url_annotation);
    const auto action = annotation(lease, action_annotation);
    std::string text = url.empty() ? base::shorten(base::printable(lease.holder), 100) : url;
    text += " (" + (action.empty() ? "at work" : action);
    return text + (lease.acquired ? ", since " + model::utc_text(*lease.acquired) : "") + ")";
}

kube::Lease wanted(const Run& run, const std::string& identity, const std::optional<kube::Lease>& found) {
    const auto& request = run.request();
    kube::Lease lease{.name = own_name(request.release),
                      .uid = {},
                      .resource_version = found ? found->resource_version : std::string(),
                      .labels = own_labels(request.release),
                      .annotations = {{action_annotation, model::to_string(request.action)}},
                      .holder = identity,
                      .duration = duration,
                      .transitions = found ? found->transitions + 1 : 0,
                      .acquired = wall(run),
                      .renewed = wall(run)};
    if (!run.record().run_url.empty()) {
        lease.annotations.emplace(url_annotation, run.record().run_url);
    }
    return lease;
}

base::Error still_locked(const Run& run, const kube::Lease& lease) {
    return {.code = ErrorCode::locked,
            .message = "another run works on release " + run.request().release + ": " + holder(lease),
            .context = {},
            .hint = "wait until it has ended, or raise lock-timeout; a run that was killed is noticed after " +
                    base::human_duration(lease.duration),
            .command = {}};
}

// Looks at the lease again and again, until it is free or stale.
class Wait {
public:
    explicit Wait(const Run& run) : run_(run) {}

    // Nothing: it can be taken, `found` is what is there. Else what is in the way; whether
    // waiting helps, is_passing tells.
    std::optional<base::Error> look() {
        auto& clock = run_.tools().clock;
        const kube::Scope scope{run_.stop(), clock.now() + answer_limit};
        auto answer = run_.tools().kube.lease(run_.namespace_name(), own_name(run_.request().release), scope);
        if (!answer) {
            seen_.reset();  // it may be renewed while we cannot see it
            return std::move(answer).error();
        }
        found_ = std::move(*answer);
        if (!found_ || found_->holder.empty() || found_->holder == identity_) {
            return std::nullopt;
        }
        if (!seen_ || seen_->version != found_->resource_version) {
            seen_ = {.version = found_->resource_version, .since = clock.now()};
        }
        if (clock.now() - seen_->since > std::clamp(found_->duration, shortest, longest)) {
            run_.warn("the run before did not end in order: " + holder(*found_) + "; its lock is stale");
            return std::nullopt;
        }
        auto error = still_locked(run_, *found_);
        if (!waited_) {
            waited_ = true;
            run_.tools().progress.line("waiting: " + error.message);
        }
        return error;
    }

    // Takes what `look` has found. Errors: as there.
    base::Result<kube::Lease> take() {
        if (found_ && found_->holder == identity_) {
            return *found_;  // the answer to the last try did not come
        }
        asked_ = {.at = run_.tools().clock.now(), .slept = run_.tools().clock.slept()};
        return run_.tools().kube.write_lease(run_.namespace_name(), wanted(run_, identity_, found_),
                                             {run_.stop(), asked_.at + answer_limit});
    }

    [[nodiscard]] bool waited() const { return waited_; }
    [[nodiscard]] const Lock::Asked& asked() const { return asked_; }

private:
    const Run& run_;
    std::string identity_ = new_identity();
    std::optional<kube::Lease> found_;
    // The newest version, and since when without a gap.
    struct Seen {
        std::string version;
        sys::Deadline since;
    };
    std::optional<Seen> seen_;
    bool waited_ = false;
    Lock::Asked asked_;
};

// conflict: somebody was faster, who will be seen.
bool is_passing(const base::Error& error) {
    constexpr std::array passing{ErrorCode::locked, ErrorCode::conflict, ErrorCode::unreachable, ErrorCode::timed_out};
    return std::ranges::find(passing, error.code) != passing.end();
}

}  // namespace

std::string own_name(const std::string& release) {
    return "etcd-deploy-" + release;
}

model::Labels own_labels(const std::string& release) {
    return {{"app.kubernetes.io/managed-by", "etcd-deploy"}, {"app.kubernetes.io/instance", release}};
}

Lock::Lock(const Run& run, kube::Lease lease, const Asked& asked)
    : run_(run),
      lease_(std::move(lease)),
      good_since_(asked),
      keeper_([this](const std::stop_token& own) { keep(own); }),
      watchdog_([this](const std::stop_token& own) { watch(own); }) {
    run_.guard_by(this);
}

base::Result<std::unique_ptr<Lock>> Lock::take(const Run& run) {
    auto& clock = run.tools().clock;
    const auto give_up = std::min(run.deadline(), clock.now() + run.request().lock_timeout);
    Wait wait(run);
    for (;;) {
        auto obstacle = wait.look();
        if (!obstacle) {
            auto lease = wait.take();
            if (lease) {
                std::unique_ptr<Lock> lock(new Lock(run, std::move(*lease), wait.asked()));
                lock->waited_ = wait.waited();
                return lock;
            }
            obstacle = std::move(lease).error();
        }
        if (!is_passing(*obstacle) || clock.now() >= give_up) {
            return std::unexpected(std::move(*obstacle));
        }
        if (clock.sleep_until(std::min(clock.now() + retry, give_up), run.stop())) {
            return std::unexpected(run.interrupted(ErrorCode::locked, "waiting for the lock"));
        }
    }
}

Lock::~Lock() {
    run_.guard_by(nullptr);
    keeper_.request_stop();
    watchdog_.request_stop();
    keeper_.join();
    watchdog_.join();
    const auto& kube = run_.tools().kube;
    const auto scope = run_.closing_scope();
    if (gone_ || kube.delete_lease(run_.namespace_name(), lease_, scope)) {
        return;
    }
    // The last renewal may have been written without our hearing of it. What cannot be
    // deleted now is stale soon.
    const auto now = kube.lease(run_.namespace_name(), lease_.name, scope);
    if (now && *now && (*now)->holder == lease_.holder) {
        std::ignore = kube.delete_lease(run_.namespace_name(), **now, scope);
    }
}

base::Error Lock::lost(const std::optional<kube::Lease>& now) const {
    return {.code = ErrorCode::locked,
            .message = "the lock of release " + run_.request().release + " was lost" +
                       (now ? " to another run: " + holder(*now) : ": its Lease was deleted"),
            .context = {},
            .hint = "see what that run did, then run this one again",
            .command = {}};
}

bool Lock::is_good_now() const {
    const auto& clock = run_.tools().clock;
    return !gone_ && clock.now() < good_since_.at + good_for && clock.slept() - good_since_.slept <= short_sleep;
}

bool Lock::is_good() const {
    const std::scoped_lock guard(mutex_);
    return is_good_now();
}

sys::Deadline Lock::change_by() const {
    const std::scoped_lock guard(mutex_);
    return good_since_.at + change_limit;
}

// An answer that comes after good_for is too late for whatever goes on unattended.
sys::Deadline Lock::renewal_limit() const {
    const auto now = run_.tools().clock.now();
    const bool is_limited = unattended_ > 0 || now < good_since_.at + good_for;
    return is_limited ? std::min(now + answer_limit, good_since_.at + good_for) : now + answer_limit;
}

// Of a lock that is not good any more, although nobody has taken it yet as far as is known.
base::Error Lock::in_doubt() const {
    const bool has_slept = run_.tools().clock.slept() - good_since_.slept > short_sleep;
    std::string why = "the API server has not answered";
    if (has_slept) {
        why = "this machine was asleep";
    } else if (trouble_) {
        why = trouble_->text();
    }
    return {
        .code = ErrorCode::locked,
        .message = "the lock of release " + run_.request().release +
                   " could not be renewed in time, so that another run could have begun while helm was at work: " + why,
        .context = {},
        .hint = "see whether another run works on it, then run this one again",
        .command = {}};
}

base::Result<void> Lock::renew(const std::stop_token& stop) {
    auto& clock = run_.tools().clock;
    const auto& kube = run_.tools().kube;
    kube::Scope scope{stop, {}};
    {
        const std::scoped_lock guard(mutex_);
        scope.deadline = renewal_limit();
    }
    for (bool first = true;; first = false) {
        const Asked asked{.at = clock.now(), .slept = clock.slept()};
        lease_.renewed = wall(run_);
        auto written = kube.write_lease(run_.namespace_name(), lease_, scope);
        if (written) {
            lease_ = std::move(*written);
            const std::scoped_lock guard(mutex_);
            good_since_ = asked;
            return {};
        }
        const auto code = written.error().code;
        if (code != ErrorCode::conflict && code != ErrorCode::not_found) {
            return std::unexpected(std::move(written).error());
        }
        // The answer to a renewal may have been lost, not the renewal.
        TRY_ASSIGN(const auto now, kube.lease(run_.namespace_name(), lease_.name, scope));
        if (!first || !now || now->holder != lease_.holder || now->uid != lease_.uid) {
            auto error = lost(now);
            {
                const std::scoped_lock guard(mutex_);
                gone_ = true;
            }
            run_.abandon(error);
            return std::unexpected(std::move(error));
        }
        lease_.resource_version = now->resource_version;
    }
}

void Lock::keep(const std::stop_token& own) {
    // A run that is stopped ends before anybody could take the lock for stale: it needs no renewal, and
    // must not wait for one.
    const sys::EitherStop either(own, run_.stop());
    const auto stop = either.token();
    std::unique_lock lock(mutex_);
    for (auto pause = renewal; !gone_;) {
        changed_.wait_for(lock, stop, pause, [this] { return is_wanted_; });
        if (stop.stop_requested()) {
            return;
        }
        is_wanted_ = false;
        lock.unlock();
        auto renewed = renew(stop);
        lock.lock();
        pause = renewed ? renewal : retry;
        trouble_.reset();
        if (!renewed) {
            trouble_ = std::move(renewed).error();
        }
        ++renewals_;
        changed_.notify_all();
    }
}

void Lock::watch(const std::stop_token& own) {
    const sys::EitherStop either(own, run_.stop());
    const auto stop = either.token();
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return unattended_ > 0; }) && !stop.stop_requested()) {
        if (!is_good_now()) {
            auto error = in_doubt();
            lock.unlock();
            run_.abandon(std::move(error));
            return;
        }
        const auto left = good_since_.at + good_for - run_.tools().clock.now();
        changed_.wait_for(lock, stop, std::min<std::chrono::nanoseconds>(left, watch_pause), [] { return false; });
    }
}

base::Result<void> Lock::confirm(sys::Deadline deadline) {
    auto& clock = run_.tools().clock;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (is_good_now()) {
                return {};
            }
            is_wanted_ = true;
            changed_.notify_all();
            const auto before = renewals_;
            changed_.wait(lock, run_.stop(), [&] { return gone_ || renewals_ != before; });
            if (is_good_now()) {
                return {};
            }
        }
        const bool stopped = clock.sleep_until(std::min(clock.now() + retry, deadline), run_.stop());
        if (stopped || clock.now() >= deadline) {
            return std::unexpected(run_.interrupted(ErrorCode::timed_out, "renewing the lock"));
        }
    }
}

Lock::Unattended::Unattended(Lock* lock) : lock_(lock) {
    if (lock_ != nullptr) {
        const std::scoped_lock guard(lock_->mutex_);
        ++lock_->unattended_;
        lock_->changed_.notify_all();
    }
}

Lock::Unattended::~Unattended() {
    if (lock_ != nullptr) {
        const std::scoped_lock guard(lock_->mutex_);
        --lock_->unattended_;
    }
}

}  // namespace operate
