// A Kubernetes API server in memory: what it holds can be listed and watched, and
// whoever watches is told of every change. Holds one namespace, "ns". A request that it
// does not know fails the test.
#pragma once

#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "model/kubernetes.hpp"
#include "sys/http.hpp"

namespace operate_test {

using model::Kind;

// A pod of StatefulSet "etcd" (or of the owner with this UID).
struct PodShape {
    int ordinal = 0;
    bool ready = true;
    std::string uid;  // empty: "pod-N"
    std::string revision = "r1";
    std::string waiting_reason;  // of its container
    std::string waiting_message;
    int restarts = 0;
    bool unschedulable = false;
    bool terminating = false;
    std::string owner_uid = "set-uid";
    std::string name;  // empty: "etcd-N"
};

class FakeCluster final : public sys::Http {
public:
    FakeCluster() = default;
    FakeCluster(const FakeCluster&) = delete;
    FakeCluster& operator=(const FakeCluster&) = delete;
    ~FakeCluster() override;  // an `instead` that nobody met fails the test

    // Adds or changes an object. `json` has "@VERSION@" where its resource version goes.
    void put(Kind kind, const std::string& name, const std::string& json);
    void remove(Kind kind, const std::string& name);

    // StatefulSet "etcd" of release "etcd" with three members.
    void put_set(const std::string& update_revision = "r1", const std::string& strategy = "RollingUpdate");
    void put_pod(const PodShape& shape);
    void put_claim(int ordinal);
    // All that a healthy release consists of.
    void put_healthy_release();
    // Helm's record of a revision; the newest wins.
    void put_release(int revision, const std::string& status = "deployed", const std::string& values = "{}",
                     const std::string& apply_method = "ssa");
    void forget_releases();

    // A Lease or a ConfigMap of the runner's own, as JSON with metadata.name and spec or data;
    // and what is there now (null: nothing).
    void put_own(const std::string& collection, const nlohmann::json& object);
    [[nodiscard]] nlohmann::json own(const std::string& collection, const std::string& name) const;

    // Requests that begin so ("GET /version") get this answer instead.
    void instead(const std::string& beginning, int status, const std::string& body = {});
    // Only so many of them.
    static constexpr int connection_lost = -1;  // as a status: no answer at all
    void instead_for(int times, const std::string& beginning, int status);
    // Requests that begin so get no answer until they are cancelled or their time is up.
    void stall(const std::string& beginning);

    // Evictions of pods of the set are refused (429) so many times before they are granted. One that is
    // granted makes the pod anew, of this revision, well at once.
    void on_evictions(const std::string& revision, int refusals = 0);

    // "METHOD /path?query" of everything that was asked.
    [[nodiscard]] std::vector<std::string> asked() const;
    [[nodiscard]] bool was_asked(std::string_view beginning) const;
    // False when a minute passes without such a request.
    [[nodiscard]] bool wait_until_asked(std::string_view beginning) const;

    base::Result<sys::HttpResponse> send(const sys::HttpRequest& request, std::stop_token stop,
                                         sys::Deadline deadline) override;
    base::Result<sys::HttpResponse> stream(const sys::HttpRequest& request,
                                           std::function<bool(std::string_view)> on_data, std::stop_token stop,
                                           sys::Deadline deadline) override;

private:
    struct Object {
        std::string json;
        std::string text;  // with its version
    };
    struct Happened {
        Kind kind;
        std::uint64_t version;
        std::string line;
    };
    struct Instead {
        std::string beginning;
        int status = 0;  // 0: no answer
        std::string body;
        bool met = false;
        int left = std::numeric_limits<int>::max();
    };

    void tell(Kind kind, const std::string& type, Object& object);
    [[nodiscard]] sys::HttpResponse answer(const std::string& line, const std::string& body);
    // `put`, by who holds the lock.
    void set_object(Kind kind, const std::string& name, const std::string& json);
    [[nodiscard]] static std::string pod_json(const PodShape& shape);
    [[nodiscard]] sys::HttpResponse evict(const std::string& pod, const std::string& uid);
    [[nodiscard]] sys::HttpResponse dry_run(const std::string& line, const std::string& body);
    // A Secret of helm's that is written.
    [[nodiscard]] sys::HttpResponse take_secret(const std::string& line, const std::string& body);
    // Leases and ConfigMaps: optimistic concurrency as the real thing. Nothing: it is about
    // something else.
    [[nodiscard]] std::optional<sys::HttpResponse> answer_own(const sys::HttpRequest& request);
    [[nodiscard]] sys::HttpResponse listing(Kind kind) const;
    [[nodiscard]] sys::HttpResponse secrets() const;
    // The `instead` for this request, if there is one.
    [[nodiscard]] Instead* replaced(const std::string& line);

    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    std::uint64_t version_ = 100;
    std::map<Kind, std::map<std::string, Object>> objects_;
    std::vector<Happened> history_;
    std::map<int, std::pair<std::string, std::string>> releases_;  // revision -> status, payload
    std::map<std::string, nlohmann::json> own_;                    // by its path
    std::vector<Instead> instead_;
    std::string revision_after_eviction_;
    int evictions_to_refuse_ = 0;
    int leader_ = 1;  // its member ID: the ordinal, and one
    std::vector<std::string> asked_;
};

}  // namespace operate_test
