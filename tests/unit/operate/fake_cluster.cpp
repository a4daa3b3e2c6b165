#include "unit/operate/fake_cluster.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "base/text.hpp"

namespace operate_test {
namespace {

constexpr const char* prefix = "/api/v1/namespaces/ns";

std::string path_of(Kind kind) {
    switch (kind) {
        case Kind::stateful_set: return "/apis/apps/v1/namespaces/ns/statefulsets";
        case Kind::pod: return std::string(prefix) + "/pods";
        case Kind::persistent_volume_claim: return std::string(prefix) + "/persistentvolumeclaims";
        case Kind::job: return "/apis/batch/v1/namespaces/ns/jobs";
        case Kind::event: return std::string(prefix) + "/events";
    }
    return {};
}

constexpr Kind kinds[] = {Kind::stateful_set, Kind::pod, Kind::persistent_volume_claim, Kind::job, Kind::event};

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

std::string gzip(const std::string& text) {
    z_stream stream{};
    constexpr int gzip_header = 16 + MAX_WBITS;
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_header, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("zlib");
    }
    std::string packed(text.size() + 100, '\0');
    std::string input = text;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

sys::HttpResponse ok(std::string body) {
    return {.status = 200, .headers = {}, .body = std::move(body)};
}

sys::HttpResponse status(int code, const std::string& message) {
    return {.status = code,
            .headers = {},
            .body = R"({"kind":"Status","apiVersion":"v1","reason":"Told","message":")" + message + R"(","code":)" +
                    std::to_string(code) + "}"};
}

// What a healthy member says; the pod's ordinal tells which it is.
sys::HttpResponse member(const std::string& line, int leader) {
    const auto pod = line.find("/members/etcd-");
    const auto id = std::to_string(line.at(pod + 14) - '0' + 1);
    const std::string header =
        R"({"header":{"cluster_id":"7","member_id":")" + id + R"(","raft_term":"2","revision":"9"})";
    if (line.ends_with("/v3/maintenance/status")) {
        return ok(header + R"(,"version":"3.7.3","dbSize":"20480","dbSizeInUse":"16384","leader":")" +
                  std::to_string(leader) + R"(","raftIndex":"9","raftTerm":"2","raftAppliedIndex":"9"})");
    }
    if (line.ends_with("/v3/maintenance/hashkv")) {
        return ok(header + R"(,"hash":77,"compact_revision":"1","hash_revision":"9"})");
    }
    if (line.ends_with("/metrics")) {
        return ok("etcd_server_has_leader 1\nprocess_open_fds 19\nprocess_max_fds 65536\n");
    }
    if (line.ends_with("/v3/cluster/member/list")) {
        std::string members;
        for (int index = 0; index < 3; ++index) {
            const auto name = "etcd-" + std::to_string(index);
            members += std::string(index == 0 ? "" : ",") + R"({"ID":")" + std::to_string(index + 1) + R"(","name":")" +
                       name + R"(","clientURLs":["http://)" + name + R"(.etcd-headless.ns.svc.cluster.local:2379"]})";
        }
        return ok(header + R"(,"members":[)" + members + "]}");
    }
    return ok(header + "}");
}

std::string line_of(const sys::HttpRequest& request) {
    const auto path = request.url.substr(request.url.find('/', request.url.find("://") + 3));
    return request.method + " " + request.unix_socket + path;
}

}  // namespace

FakeCluster::~FakeCluster() {
    for (const auto& replaced : instead_) {
        // Who is stopped at once may never get as far as a request that stalls.
        EXPECT_TRUE(replaced.met || replaced.status == 0) << "nobody asked " << replaced.beginning;
    }
}

void FakeCluster::tell(Kind kind, const std::string& type, Object& object) {
    ++version_;
    object.text = base::replace_all(object.json, "@VERSION@", std::to_string(version_));
    history_.push_back({kind, version_, R"({"type":")" + type + R"(","object":)" + object.text + "}\n"});
    changed_.notify_all();
}

void FakeCluster::put(Kind kind, const std::string& name, const std::string& json) {
    const std::scoped_lock lock(mutex_);
    set_object(kind, name, json);
}

void FakeCluster::set_object(Kind kind, const std::string& name, const std::string& json) {
    const bool is_new = !objects_[kind].contains(name);
    auto& object = objects_[kind][name];
    object.json = json;
    tell(kind, is_new ? "ADDED" : "MODIFIED", object);
}

void FakeCluster::remove(Kind kind, const std::string& name) {
    const std::scoped_lock lock(mutex_);
    auto object = objects_.at(kind).extract(name);
    tell(kind, "DELETED", object.mapped());
}

void FakeCluster::put_set(const std::string& update_revision, const std::string& strategy) {
    put(Kind::stateful_set, "etcd",
        R"({"metadata":{"name":"etcd","uid":"set-uid","resourceVersion":"@VERSION@","generation":1,)"
        R"("labels":{"app.kubernetes.io/name":"etcd"},"annotations":{"meta.helm.sh/release-name":"etcd"}},)"
        R"("spec":{"replicas":3,"serviceName":"etcd-headless","podManagementPolicy":"Parallel",)"
        R"("updateStrategy":{"type":)" +
            quoted(strategy) +
            R"(},"template":{"spec":{"containers":[{"name":"etcd","image":"quay.io/coreos/etcd:v3.7.3"}]}},"volumeClaimTemplates":[{"metadata":{"name":"data"}}]},)" +
            R"("status":{"observedGeneration":1,"replicas":3,"availableReplicas":3,"currentRevision":)" +
            quoted(update_revision) + R"(,"updateRevision":)" + quoted(update_revision) + "}}");
}

std::string FakeCluster::pod_json(const PodShape& shape) {
    const auto name = shape.name.empty() ? "etcd-" + std::to_string(shape.ordinal) : shape.name;
    const auto uid = shape.uid.empty() ? "pod-" + std::to_string(shape.ordinal) : shape.uid;
    const auto state = shape.waiting_reason.empty() ? std::string(R"({"running":{}})")
                                                    : R"({"waiting":{"reason":)" + quoted(shape.waiting_reason) +
                                                          R"(,"message":)" + quoted(shape.waiting_message) + "}}";
    const std::string ready = shape.ready ? "true" : "false";
    const std::string scheduled = shape.unschedulable
                                      ? R"({"type":"PodScheduled","status":"False","reason":"Unschedulable",)"
                                        R"("message":"0/3 nodes are available"})"
                                      : R"({"type":"PodScheduled","status":"True"})";
    const std::string containers =
        shape.unschedulable ? ""
                            : R"({"name":"etcd","image":"quay.io/coreos/etcd:v3.7.3","ready":)" + ready +
                                  R"(,"restartCount":)" + std::to_string(shape.restarts) + R"(,"state":)" + state + "}";
    return R"({"metadata":{"name":)" + quoted(name) + R"(,"uid":)" + quoted(uid) +
           R"(,"resourceVersion":"@VERSION@","labels":{"controller-revision-hash":)" + quoted(shape.revision) +
           R"(,"app.kubernetes.io/instance":"etcd"},"ownerReferences":[{"kind":"StatefulSet","name":"etcd","uid":)" +
           quoted(shape.owner_uid) + "}]" +
           (shape.terminating ? R"(,"deletionTimestamp":"2026-11-24T03:00:00Z","deletionGracePeriodSeconds":0)" : "") +
           R"(},"spec":{"nodeName":"node1"},"status":{"phase":"Running","conditions":[)" + scheduled +
           R"(,{"type":"Ready","status":)" + quoted(shape.ready ? "True" : "False") + R"(}],"containerStatuses":[)" +
           containers + "]}}";
}

void FakeCluster::put_pod(const PodShape& shape) {
    put(Kind::pod, shape.name.empty() ? "etcd-" + std::to_string(shape.ordinal) : shape.name, pod_json(shape));
}

void FakeCluster::on_evictions(const std::string& revision, int refusals) {
    const std::scoped_lock lock(mutex_);
    revision_after_eviction_ = revision;
    evictions_to_refuse_ = refusals;
}

sys::HttpResponse FakeCluster::evict(const std::string& pod, const std::string& uid) {
    const auto& pods = objects_.at(Kind::pod);
    const auto there = pods.find(pod);
    if (there == pods.end() || nlohmann::json::parse(there->second.json).at("metadata").at("uid") != uid) {
        return status(409, "the UID in the precondition does not match the UID in record");
    }
    if (evictions_to_refuse_ > 0) {
        --evictions_to_refuse_;
        return status(429, "Cannot evict pod as it would violate the pod's disruption budget.");
    }
    auto object = objects_.at(Kind::pod).extract(pod);
    tell(Kind::pod, "DELETED", object.mapped());
    const int ordinal = pod.back() - '0';
    set_object(
        Kind::pod, pod,
        pod_json({.ordinal = ordinal, .uid = "new-" + std::to_string(ordinal), .revision = revision_after_eviction_}));
    return {.status = 201, .headers = {}, .body = "{}"};
}

void FakeCluster::put_claim(int ordinal) {
    const auto name = "data-etcd-" + std::to_string(ordinal);
    put(Kind::persistent_volume_claim, name,
        R"({"metadata":{"name":)" + quoted(name) + R"(,"uid":"claim-)" + std::to_string(ordinal) +
            R"(","resourceVersion":"@VERSION@","labels":{"app.kubernetes.io/instance":"etcd"}},)" +
            R"("spec":{"storageClassName":"local"},"status":{"phase":"Bound","capacity":{"storage":"8Gi"}}})");
}

void FakeCluster::put_healthy_release() {
    put_set();
    for (int ordinal = 0; ordinal < 3; ++ordinal) {
        put_claim(ordinal);
        put_pod({.ordinal = ordinal});
    }
    put_release(1);
}

void FakeCluster::put_release(int revision, const std::string& status, const std::string& values,
                              const std::string& apply_method) {
    const auto number = std::to_string(revision);
    const auto json = R"({"name":"etcd","version":)" + number + R"(,"info":{"status":)" + quoted(status) +
                      R"(},"chart":{"metadata":{"name":"etcd","version":"1.0.0","appVersion":"3.7.3"}},)" +
                      R"("manifest":"revision )" + number + R"(","config":)" + values + R"(,"apply_method":)" +
                      quoted(apply_method) + "}";
    const std::scoped_lock lock(mutex_);
    releases_[revision] = {status, base::base64_encode(base::base64_encode(gzip(json)))};
}

void FakeCluster::forget_releases() {
    const std::scoped_lock lock(mutex_);
    releases_.clear();
}

void FakeCluster::instead(const std::string& beginning, int code, const std::string& body) {
    const std::scoped_lock lock(mutex_);
    instead_.push_back({beginning, code, body.empty() ? status(code, "told to say so").body : body});
    ++version_;
    changed_.notify_all();
}

void FakeCluster::stall(const std::string& beginning) {
    const std::scoped_lock lock(mutex_);
    instead_.push_back({beginning, 0, {}});
}

std::vector<std::string> FakeCluster::asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
}

bool FakeCluster::was_asked(std::string_view beginning) const {
    const auto lines = asked();
    return std::ranges::any_of(lines, [&](const auto& line) { return line.starts_with(beginning); });
}

bool FakeCluster::wait_until_asked(std::string_view beginning) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] {
        return std::ranges::any_of(asked_, [&](const auto& line) { return line.starts_with(beginning); });
    });
}

void FakeCluster::instead_for(int times, const std::string& beginning, int code) {
    instead(beginning, code);
    const std::scoped_lock lock(mutex_);
    instead_.back().left = times;
}

FakeCluster::Instead* FakeCluster::replaced(const std::string& line) {
    for (auto& candidate : instead_) {
        if (candidate.left > 0 && line.starts_with(candidate.beginning)) {
            candidate.met = true;
            --candidate.left;
            return &candidate;
        }
    }
    return nullptr;
}

sys::HttpResponse FakeCluster::listing(Kind kind) const {
    std::string items;
    if (const auto found = objects_.find(kind); found != objects_.end()) {
        for (const auto& [name, object] : found->second) {
            items += (items.empty() ? "" : ",") + object.text;
        }
    }
    return ok(R"({"metadata":{"resourceVersion":")" + std::to_string(version_) + R"("},"items":[)" + items + "]}");
}

sys::HttpResponse FakeCluster::secrets() const {
    std::string items;
    for (const auto& [revision, release] : releases_) {
        const auto number = std::to_string(revision);
        items += (items.empty() ? "" : ",") + (R"({"metadata":{"name":"sh.helm.release.v1.etcd.v)" + number) +
                 R"(","namespace":"ns","labels":{"name":"etcd","version":")" + number + R"(","status":)" +
                 quoted(release.first) + "}}}";
    }
    return ok(R"({"items":[)" + items + "]}");
}

sys::HttpResponse FakeCluster::take_secret(const std::string& line, const std::string& body) {
    const std::string path = "PUT " + std::string(prefix) + "/secrets/sh.helm.release.v1.etcd.v";
    if (!line.starts_with(path)) {
        ADD_FAILURE() << "nobody foresaw " << line;
        return status(404, "unforeseen");
    }
    const auto secret = nlohmann::json::parse(body);
    releases_[std::stoi(line.substr(path.size()))] =
        std::pair(secret.at("metadata").at("labels").at("status").get<std::string>(),
                  secret.at("data").at("release").get<std::string>());
    return ok("{}");
}

namespace {

const std::string leases = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";
const std::string config_maps = std::string(prefix) + "/configmaps";

std::string own_path(const std::string& collection, const std::string& name) {
    return (collection == "leases" ? leases : config_maps) + "/" + name;
}

}  // namespace

void FakeCluster::put_own(const std::string& collection, const nlohmann::json& object) {
    const std::scoped_lock lock(mutex_);
    auto stored = object;
    stored["metadata"]["resourceVersion"] = std::to_string(++version_);
    stored["metadata"]["uid"] = "own-" + std::to_string(version_);
    own_[own_path(collection, object.at("metadata").at("name"))] = stored;
}

nlohmann::json FakeCluster::own(const std::string& collection, const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = own_.find(own_path(collection, name));
    return found == own_.end() ? nlohmann::json() : found->second;
}

std::optional<sys::HttpResponse> FakeCluster::answer_own(const sys::HttpRequest& request) {
    const auto line = line_of(request);
    auto path = line.substr(line.find(' ') + 1);
    path = path.substr(0, path.find('?'));
    if (!path.starts_with(leases) && !path.starts_with(config_maps)) {
        return std::nullopt;
    }
    auto body = request.body.empty() ? nlohmann::json::object() : nlohmann::json::parse(request.body);
    if (request.method == "POST") {
        path += "/" + body.at("metadata").at("name").get<std::string>();
    }
    const auto found = own_.find(path);
    const bool is_there = found != own_.end();
    if (request.method == "GET") {
        return is_there ? ok(found->second.dump()) : status(404, "not found");
    }
    if (request.method == "POST" && is_there) {
        return status(409, "already exists");
    }
    if ((request.method == "PUT" || request.method == "DELETE") && !is_there) {
        return status(404, "not found");
    }
    const auto expected = request.method == "DELETE" && body.contains("preconditions")
                              ? body["preconditions"].value("resourceVersion", "")
                          : request.method == "PUT" ? body["metadata"].value("resourceVersion", "")
                                                    : std::string();
    if (!expected.empty() && expected != found->second["metadata"]["resourceVersion"]) {
        return status(409, "the object has been modified");
    }
    if (request.method == "DELETE") {
        own_.erase(found);
        return ok("{}");
    }
    body["metadata"]["resourceVersion"] = std::to_string(++version_);
    body["metadata"]["uid"] =
        is_there ? found->second["metadata"]["uid"].get<std::string>() : "own-" + std::to_string(version_);
    own_[path] = body;
    return ok(body.dump());
}

// Applying a set changes the number of its members, and nothing else; what else is tried would do.
sys::HttpResponse FakeCluster::dry_run(const std::string& line, const std::string& body) {
    const auto begin = line.rfind('/') + 1;
    const auto name = line.substr(begin, line.find('?') - begin);
    const auto there = objects_[Kind::stateful_set].find(name);
    auto object = there == objects_[Kind::stateful_set].end()
                      ? nlohmann::json{{"kind", "StatefulSet"}, {"metadata", {{"name", name}}}}
                      : nlohmann::json::parse(there->second.text);
    if (const auto replicas = body.find("replicas: "); replicas != std::string::npos) {
        object["spec"]["replicas"] = std::stoi(body.substr(replicas + 10));
    }
    return ok(object.dump());
}

sys::HttpResponse FakeCluster::answer(const std::string& line, const std::string& body) {
    const std::string base = prefix;
    const std::string secret = "GET " + base + "/secrets/sh.helm.release.v1.etcd.v";
    const std::string claim = "DELETE " + path_of(Kind::persistent_volume_claim) + "/";
    if (line == "GET /version") {
        return ok(R"({"gitVersion":"v1.37.2"})");
    }
    if (line == "GET " + base || line.starts_with("POST /api/v1/namespaces?")) {
        return ok("{}");
    }
    if (line.starts_with("GET " + base + "/secrets?") || line.starts_with("GET /api/v1/secrets?")) {
        return secrets();
    }
    if (line.starts_with(secret)) {
        return ok(R"({"metadata":{},"data":{"release":")" + releases_.at(std::stoi(line.substr(secret.size()))).second +
                  R"("}})");
    }
    if (line.starts_with(claim)) {
        auto object = objects_.at(Kind::persistent_volume_claim).extract(line.substr(claim.size()));
        tell(Kind::persistent_volume_claim, "DELETED", object.mapped());
        return ok("{}");
    }
    for (const auto kind : kinds) {
        if (line.starts_with("GET " + path_of(kind) + "?limit=")) {
            return listing(kind);
        }
    }
    if (line.contains("/log?container=")) {
        return ok(line.contains("previous=true") ? "last words\n" : "still running\n");
    }
    if (line == "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews") {
        return {.status = 201,
                .headers = {},
                .body = R"({"status":{"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]}})"};
    }
    if (line == "GET /apis/policy/v1/namespaces/ns/poddisruptionbudgets") {
        return ok(R"({"items":[{"metadata":{"name":"etcd","generation":1},"spec":{"selector":{}},"status":)"
                  R"({"observedGeneration":1,"disruptionsAllowed":1,"currentHealthy":3,"desiredHealthy":2,)"
                  R"("expectedPods":3}}]})");
    }
    if (line == "GET /api/v1/nodes/node1") {
        return ok(R"({"metadata":{"labels":{"topology.kubernetes.io/zone":"a"}},)"
                  R"("status":{"conditions":[{"type":"Ready","status":"True"}]}})");
    }
    if (line == "GET /api/v1/nodes/node1/proxy/stats/summary") {
        return ok(R"({"pods":[{"volume":[{"name":"data","pvcRef":{"name":"data-etcd-0","namespace":"ns"},)"
                  R"("capacityBytes":1000,"availableBytes":900}]}]})");
    }
    if (line.starts_with("POST " + base + "/pods/etcd-") && line.ends_with("/eviction")) {
        const auto pod = line.substr(("POST " + base + "/pods/").size());
        return evict(pod.substr(0, pod.find('/')),
                     nlohmann::json::parse(body).at("deleteOptions").at("preconditions").at("uid").get<std::string>());
    }
    if (line.ends_with("/v3/maintenance/transfer-leadership")) {
        leader_ = std::stoi(nlohmann::json::parse(body).at("targetID").get<std::string>());
        return ok("{}");
    }
    // What is looked at when a deployment has failed.
    if (line.starts_with("GET /api/v1/secrets?")) {
        return status(403, "not in other namespaces");
    }
    for (const char* collection :
         {"/api/v1/namespaces/ns/services?", "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices?",
          "/apis/storage.k8s.io/v1/storageclasses?", "/api/v1/persistentvolumes?", "/api/v1/nodes?",
          "/api/v1/namespaces/ns/resourcequotas?", "/apis/apps/v1/namespaces/ns/controllerrevisions?"}) {
        if (line.starts_with(std::string("GET ") + collection)) {
            return ok(R"({"metadata":{"resourceVersion":"1"},"items":[]})");
        }
    }
    // Of a plan.
    if (line == "GET /apis/apps/v1") {
        return ok(R"({"resources":[{"name":"statefulsets","kind":"StatefulSet","namespaced":true}]})");
    }
    if (const auto set = path_of(Kind::stateful_set) + "/"; line.starts_with("GET " + set)) {
        const auto there = objects_[Kind::stateful_set].find(line.substr(("GET " + set).size()));
        return there == objects_[Kind::stateful_set].end() ? status(404, "not found") : ok(there->second.text);
    }
    if (line.contains("?dryRun=All")) {
        return dry_run(line, body);
    }
    if (line.starts_with("POST /members/etcd-") || line.starts_with("GET /members/etcd-")) {
        return member(line, leader_);
    }
    ADD_FAILURE() << "nobody foresaw " << line;
    return status(404, "unforeseen");
}

base::Result<sys::HttpResponse> FakeCluster::send(const sys::HttpRequest& request, std::stop_token stop,
                                                  sys::Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (stop.stop_requested()) {
        return base::fail(base::ErrorCode::cancelled, "cancelled");
    }
    const auto line = line_of(request);
    asked_.push_back(line);
    changed_.notify_all();
    const auto* other = replaced(line);
    if (other == nullptr) {
        if (auto own = answer_own(request)) {
            return *own;
        }
        return request.method == "PUT" ? take_secret(line, request.body) : answer(line, request.body);
    }
    if (other->status == 0) {
        changed_.wait_until(lock, stop, deadline, [] { return false; });
        return base::fail(stop.stop_requested() ? base::ErrorCode::cancelled : base::ErrorCode::timed_out, "no answer");
    }
    if (other->status == connection_lost) {
        return base::fail(base::ErrorCode::unreachable, "the connection was lost");
    }
    return sys::HttpResponse{.status = other->status, .headers = {}, .body = other->body};
}

base::Result<sys::HttpResponse> FakeCluster::stream(const sys::HttpRequest& request,
                                                    std::function<bool(std::string_view)> on_data, std::stop_token stop,
                                                    sys::Deadline deadline) {
    const auto line = line_of(request);
    const auto kind = *std::ranges::find_if(
        kinds, [&](Kind candidate) { return line.starts_with("GET " + path_of(candidate) + "?watch=true"); });
    const auto from = line.find("&resourceVersion=") + 17;
    std::uint64_t seen = 0;
    std::from_chars(line.data() + from, line.data() + line.size(), seen);
    std::unique_lock lock(mutex_);
    asked_.push_back(line);
    for (;;) {
        if (const auto* other = replaced(line)) {
            return sys::HttpResponse{.status = other->status, .headers = {}, .body = other->body};
        }
        std::string news;
        for (const auto& happened : history_) {
            if (happened.kind == kind && happened.version > seen) {
                news += happened.line;
            }
        }
        seen = version_;
        if (!news.empty()) {
            lock.unlock();
            if (!on_data(news)) {
                return ok("");
            }
            lock.lock();
            continue;
        }
        if (!changed_.wait_until(lock, stop, deadline, [&] { return version_ > seen; })) {
            return base::fail(stop.stop_requested() ? base::ErrorCode::cancelled : base::ErrorCode::timed_out,
                              "no answer");
        }
    }
}

}  // namespace operate_test
