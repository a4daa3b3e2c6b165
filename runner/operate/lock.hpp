// One writer at a time: a Lease in the release's namespace, held by the run that changes
// the release and renewed while it does.
//
// A lease is stale when nobody has renewed it for its duration on the clock of the one who
// waits, who must have been able to see it all that time; its timestamps are for people.
// The holder stops before anybody could think so: one thread renews, and another one watches that
// it does, whatever a renewal is waiting for.
// https://kubernetes.io/docs/concepts/architecture/leases/
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "kube/own_objects.hpp"
#include "operate/run.hpp"

namespace operate {

// "etcd-deploy-RELEASE": the name of the Lease, and of the ConfigMap with the record.
[[nodiscard]] std::string own_name(const std::string& release);
[[nodiscard]] model::Labels own_labels(const std::string& release);

class Lock {
public:
    // Waits for another holder as long as lock-timeout allows, and tells who it is. From then on
    // the run asks this lock before each change. Errors: locked (names the holder), forbidden,
    // unreachable, cancelled.
    [[nodiscard]] static base::Result<std::unique_ptr<Lock>> take(const Run& run);
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock();  // lets go

    // Whether another run has just held it: what was read before may be old.
    [[nodiscard]] bool waited() const { return waited_; }

    // That it is still held, and long enough for the next change; blocks while the API server
    // cannot be reached, until `deadline` at most. Errors: locked (somebody else has it), cancelled,
    // timed_out. Run calls it.
    [[nodiscard]] base::Result<void> confirm(sys::Deadline deadline);

    // When a change that was confirmed must be over: an eviction that is still on its way then may
    // arrive under the lock of the next run.
    [[nodiscard]] sys::Deadline change_by() const;

    // Whether it is held beyond doubt at this moment. Asks nobody.
    [[nodiscard]] bool is_good() const;

    // While one of these lives something changes the cluster without asking (helm): when the
    // lock cannot be renewed in time, the run is abandoned, and that something with it.
    class Unattended {
    public:
        explicit Unattended(Lock* lock);  // may be null
        Unattended(const Unattended&) = delete;
        Unattended& operator=(const Unattended&) = delete;
        ~Unattended();

    private:
        Lock* lock_;
    };

    // When a renewal was asked for, and how long the machine had slept then (Clock::slept).
    struct Asked {
        sys::Deadline at;
        std::chrono::nanoseconds slept{};
    };

private:
    Lock(const Run& run, kube::Lease lease, const Asked& asked);
    void keep(const std::stop_token& own);   // the thread that renews
    void watch(const std::stop_token& own);  // the thread that sees to it
    // What takes the lock from us abandons the run.
    [[nodiscard]] base::Result<void> renew(const std::stop_token& stop);
    [[nodiscard]] base::Error lost(const std::optional<kube::Lease>& now) const;

    // What follows is for who holds the mutex.
    [[nodiscard]] bool is_good_now() const;
    [[nodiscard]] sys::Deadline renewal_limit() const;
    [[nodiscard]] base::Error in_doubt() const;

    const Run& run_;
    bool waited_ = false;
    kube::Lease lease_;  // the keeper's; the destructor's when that has ended
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    Asked good_since_;                    // the last renewal that succeeded; this and the rest: guarded by mutex_
    std::optional<base::Error> trouble_;  // of the last renewal
    int renewals_ = 0;                    // that were tried
    bool is_wanted_ = false;              // a renewal, at once
    int unattended_ = 0;
    bool gone_ = false;    // somebody else has it
    std::jthread keeper_;  // the two are last: they end before what they work on
    std::jthread watchdog_;
};

}  // namespace operate
