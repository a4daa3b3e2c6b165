#include "kube/decode.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "kube/json.hpp"

namespace kube {

namespace {

using json::Malformed;
using json::Value;

std::uint64_t parse_version(const std::string& text) {
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw Malformed("resourceVersion is no number");
    }
    return version;
}

// The API server takes any number here. What nobody means is cut, so that who reckons with
// it neither overflows nor counts to two billion.
constexpr std::int32_t most_replicas = 100'000;
constexpr std::int32_t highest_first_ordinal = 1'000'000'000;
constexpr std::int64_t longest_grace = std::int64_t{366} * 24 * 3600;

std::optional<model::Timestamp> time_at(const Value& parent, const char* key) {
    const auto text = json::text(parent, key);
    if (text.empty()) {
        return std::nullopt;
    }
    const auto time = parse_timestamp(text);
    if (!time) {
        throw Malformed(std::string(key) + " is no time");
    }
    return time;
}

model::ObjectMeta decode_meta(const Value& object) {
    const Value& metadata = json::object(object, "metadata");
    model::ObjectMeta meta;
    meta.name = json::required_text(metadata, "name");
    meta.uid = json::required_text(metadata, "uid");
    meta.resource_version = parse_version(json::required_text(metadata, "resourceVersion"));
    meta.generation = json::integer<std::int64_t>(metadata, "generation");
    meta.labels = json::texts(metadata, "labels");
    meta.annotations = json::texts(metadata, "annotations");
    for (const Value& owner : json::array(metadata, "ownerReferences")) {
        meta.owners.push_back({.kind = json::text(owner, "kind"),
                               .name = json::text(owner, "name"),
                               .uid = json::required_text(owner, "uid")});
    }
    meta.created = time_at(metadata, "creationTimestamp");
    meta.deleted = time_at(metadata, "deletionTimestamp");
    meta.deletion_grace_seconds =
        std::clamp<std::int64_t>(json::integer<std::int64_t>(metadata, "deletionGracePeriodSeconds"), 0, longest_grace);
    for (const Value& finalizer : json::array(metadata, "finalizers")) {
        if (finalizer.is_string()) {
            meta.finalizers.push_back(finalizer.get<std::string>());
        }
    }
    return meta;
}

std::string memory_limit_of(const Value& container) {
    const Value& memory = json::member(json::object(json::object(container, "resources"), "limits"), "memory");
    return memory.is_string() ? memory.get<std::string>() : std::string();
}

model::Container container_of(const Value& object) {
    model::Container container;
    container.name = json::text(object, "name");
    for (const char* part : {"command", "args"}) {
        for (const Value& argument : json::array(object, part)) {
            if (argument.is_string()) {
                container.arguments.push_back(argument.get<std::string>());
            }
        }
    }
    for (const Value& variable : json::array(object, "env")) {
        model::EnvironmentVariable decoded{
            .name = json::text(variable, "name"), .value = json::text(variable, "value"), .from_secret = std::nullopt};
        const Value& secret = json::object(json::object(variable, "valueFrom"), "secretKeyRef");
        if (!secret.is_null()) {
            decoded.from_secret = {.secret = json::text(secret, "name"), .key = json::text(secret, "key")};
        }
        container.environment.push_back(std::move(decoded));
    }
    for (const Value& mount : json::array(object, "volumeMounts")) {
        container.mounts.push_back({.volume = json::text(mount, "name"),
                                    .path = json::text(mount, "mountPath"),
                                    .sub_path = json::text(mount, "subPath")});
    }
    container.memory_limit = memory_limit_of(object);
    return container;
}

model::PodTemplate pod_template_of(const Value& spec) {
    model::PodTemplate pod_template;
    for (const Value& container : json::array(spec, "containers")) {
        pod_template.containers.push_back(container_of(container));
        for (const Value& port : json::array(container, "ports")) {
            pod_template.ports.push_back({.container = pod_template.containers.back().name,
                                          .name = json::text(port, "name"),
                                          .number = json::integer(port, "containerPort")});
        }
    }
    const auto add_secret = [&](const Value& volume, const Value& secret, const char* key) {
        if (secret.is_null()) {
            return;
        }
        model::SecretVolume decoded{.name = json::text(volume, "name"), .secret = json::text(secret, key), .items = {}};
        for (const Value& item : json::array(secret, "items")) {
            decoded.items.emplace(json::text(item, "path"), json::text(item, "key"));
        }
        pod_template.secret_volumes.push_back(std::move(decoded));
    };
    for (const Value& volume : json::array(spec, "volumes")) {
        add_secret(volume, json::object(volume, "secret"), "secretName");
        for (const Value& source : json::array(json::object(volume, "projected"), "sources")) {
            add_secret(volume, json::object(source, "secret"), "name");
        }
    }
    return pod_template;
}

model::StatefulSet stateful_set_of(const Value& object) {
    const Value& spec = json::object(object, "spec");
    const Value& status = json::object(object, "status");
    const Value& strategy = json::object(spec, "updateStrategy");
    model::StatefulSet set;
    set.meta = decode_meta(object);
    set.replicas = std::clamp(json::integer(spec, "replicas", 1), 0, most_replicas);
    set.service_name = json::text(spec, "serviceName");
    set.ordered_ready = json::text(spec, "podManagementPolicy") != "Parallel";
    set.on_delete = json::text(strategy, "type") == "OnDelete";
    set.partition = json::integer(json::object(strategy, "rollingUpdate"), "partition");
    set.min_ready_seconds = json::integer(spec, "minReadySeconds");
    set.first_ordinal = std::clamp(json::integer(json::object(spec, "ordinals"), "start"), 0, highest_first_ordinal);
    set.selector = json::texts(json::object(spec, "selector"), "matchLabels");
    for (const Value& claim : json::array(spec, "volumeClaimTemplates")) {
        set.claim_templates.push_back(json::required_text(json::object(claim, "metadata"), "name"));
    }
    set.pod_template = pod_template_of(json::object(json::object(spec, "template"), "spec"));
    set.status = {.observed_generation = json::integer<std::int64_t>(status, "observedGeneration"),
                  .replicas = json::integer(status, "replicas"),
                  .available_replicas = json::integer(status, "availableReplicas"),
                  .current_revision = json::text(status, "currentRevision"),
                  .update_revision = json::text(status, "updateRevision")};
    return set;
}

std::optional<model::Termination> termination_at(const Value& state) {
    const Value& terminated = json::object(state, "terminated");
    if (terminated.is_null()) {
        return std::nullopt;
    }
    return model::Termination{.exit_code = json::integer(terminated, "exitCode"),
                              .reason = json::text(terminated, "reason"),
                              .message = json::text(terminated, "message"),
                              .started = time_at(terminated, "startedAt"),
                              .finished = time_at(terminated, "finishedAt")};
}

void add_containers(const Value& status, const char* key, model::Pod& pod) {
    for (const Value& container : json::array(status, key)) {
        const Value& state = json::object(container, "state");
        const Value& waiting = json::object(state, "waiting");
        model::ContainerStatus decoded;
        decoded.name = json::required_text(container, "name");
        decoded.image = json::text(container, "image");
        decoded.is_init = std::string_view(key) == "initContainerStatuses";
        decoded.ready = json::boolean(container, "ready");
        decoded.running = json::object(state, "running").is_object();
        decoded.restart_count = json::integer(container, "restartCount");
        decoded.waiting_reason = json::text(waiting, "reason");
        decoded.waiting_message = json::text(waiting, "message");
        decoded.terminated = termination_at(state);
        decoded.last_terminated = termination_at(json::object(container, "lastState"));
        // Absent before Kubernetes 1.16, which knew no startup probes.
        decoded.started = json::member(container, "started").is_null() || json::boolean(container, "started");
        pod.containers.push_back(std::move(decoded));
    }
}

// What the spec says of the containers whose status was read.
void add_limits(const Value& spec, const char* key, model::Pod& pod) {
    for (const Value& container : json::array(spec, key)) {
        const auto status =
            std::ranges::find(pod.containers, json::text(container, "name"), &model::ContainerStatus::name);
        if (status != pod.containers.end()) {
            status->memory_limit = memory_limit_of(container);
        }
    }
}

std::vector<model::Condition> conditions_of(const Value& status) {
    std::vector<model::Condition> conditions;
    for (const Value& condition : json::array(status, "conditions")) {
        conditions.push_back({.type = json::text(condition, "type"),
                              .status = json::text(condition, "status"),
                              .reason = json::text(condition, "reason"),
                              .message = json::text(condition, "message"),
                              .last_transition = time_at(condition, "lastTransitionTime")});
    }
    return conditions;
}

model::Pod pod_of(const Value& object) {
    const Value& status = json::object(object, "status");
    model::Pod pod;
    pod.meta = decode_meta(object);
    const Value& spec = json::object(object, "spec");
    pod.node = json::text(spec, "nodeName");
    pod.scheduler = json::text(spec, "schedulerName");
    for (const Value& gate : json::array(spec, "schedulingGates")) {
        pod.scheduling_gates.push_back(json::text(gate, "name"));
    }
    pod.phase = json::text(status, "phase");
    pod.ip = json::text(status, "podIP");
    pod.conditions = conditions_of(status);
    add_containers(status, "initContainerStatuses", pod);
    add_containers(status, "containerStatuses", pod);
    add_limits(spec, "initContainers", pod);
    add_limits(spec, "containers", pod);
    pod.pod_template = pod_template_of(spec);
    return pod;
}

model::PersistentVolumeClaim claim_of(const Value& object) {
    const Value& spec = json::object(object, "spec");
    const Value& status = json::object(object, "status");
    model::PersistentVolumeClaim claim;
    claim.meta = decode_meta(object);
    claim.phase = json::text(status, "phase");
    claim.storage_class = json::text(spec, "storageClassName");
    claim.capacity = json::text(json::object(status, "capacity"), "storage");
    if (claim.capacity.empty()) {
        // Not bound yet: what was asked for.
        claim.capacity = json::text(json::object(json::object(spec, "resources"), "requests"), "storage");
    }
    claim.volume = json::text(spec, "volumeName");
    return claim;
}

model::Job job_of(const Value& object) {
    const Value& status = json::object(object, "status");
    model::Job job;
    job.meta = decode_meta(object);
    job.backoff_limit = json::integer(json::object(object, "spec"), "backoffLimit", model::Job::default_backoff_limit);
    job.failed = json::integer(status, "failed");
    job.conditions = conditions_of(status);
    return job;
}

// "etcd", of "spec.containers{etcd}"; empty for what is about the whole pod.
std::string container_in(std::string_view field_path) {
    const auto begin = field_path.find('{');
    const bool names_one =
        field_path.starts_with("spec.") && begin != std::string_view::npos && field_path.ends_with('}');
    return names_one ? std::string(field_path.substr(begin + 1, field_path.size() - begin - 2)) : std::string();
}

// Events come in two dialects: the old one counts with lastTimestamp, the new one
// (events.k8s.io) with eventTime and series.
model::Event event_of(const Value& object) {
    const Value& about = json::object(object, "involvedObject");
    model::Event event;
    event.meta = decode_meta(object);
    event.type = json::text(object, "type");
    event.reason = json::text(object, "reason");
    event.message = json::text(object, "message");
    event.object_kind = json::text(about, "kind");
    event.object_name = json::text(about, "name");
    event.object_uid = json::text(about, "uid");
    event.container = container_in(json::text(about, "fieldPath"));
    event.seen = std::max({time_at(object, "firstTimestamp"), time_at(object, "lastTimestamp"),
                           time_at(object, "eventTime"), time_at(json::object(object, "series"), "lastObservedTime")});
    if (!event.seen) {
        event.seen = event.meta.created;
    }
    return event;
}

model::Object object_of(Kind kind, const Value& object) {
    if (!object.is_object()) {
        throw Malformed("an item is no object");
    }
    switch (kind) {
        case Kind::stateful_set: return stateful_set_of(object);
        case Kind::pod: return pod_of(object);
        case Kind::persistent_volume_claim: return claim_of(object);
        case Kind::job: return job_of(object);
        case Kind::event: return event_of(object);
    }
    throw Malformed("unknown kind");
}

bool is_status(const Value& value) {
    return value.is_object() && json::member(value, "kind") == "Status" && json::member(value, "apiVersion") == "v1";
}

WatchLine watch_error(const Value& status) {
    const auto code = is_status(status) ? json::integer(status, "code") : 0;
    const auto reason = is_status(status) ? json::text(status, "reason") : std::string();
    const auto message = is_status(status) ? json::text(status, "message") : std::string();
    constexpr int http_gone = 410;
    const bool gone = code == http_gone || reason == "Expired" || reason == "Gone";
    return {.type = gone ? WatchLine::Type::gone : WatchLine::Type::error,
            .object = {},
            .resource_version = {},
            .message = base::shorten(base::printable(message.empty() ? reason : message), 300)};
}

}  // namespace

base::Result<List> decode_list(Kind kind, std::string_view text) {
    return json::guarded("a list of the Kubernetes API", [&] {
        const Value value = json::parse(text);
        const Value& items = json::member(value, "items");
        if (!value.is_object() || (!items.is_array() && !value.contains("items"))) {
            throw Malformed("it is no list");
        }
        List list;
        for (const Value& item : json::array(value, "items")) {
            list.items.push_back(object_of(kind, item));
        }
        const Value& metadata = json::object(value, "metadata");
        list.resource_version = json::required_text(metadata, "resourceVersion");
        list.continue_token = json::text(metadata, "continue");
        return list;
    });
}

base::Result<model::StatefulSet> decode_stateful_set(std::string_view text) {
    return json::guarded("a StatefulSet of the Kubernetes API", [&] { return stateful_set_of(json::parse(text)); });
}

// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/ (WatchEvent)
base::Result<WatchLine> decode_watch_line(Kind kind, std::string_view text) {
    return json::guarded("a watch event of the Kubernetes API", [&]() -> WatchLine {
        const Value value = json::parse(text);
        const auto type = json::required_text(value, "type");
        const Value& object = json::object(value, "object");
        if (type == "ERROR") {
            return watch_error(object);
        }
        WatchLine line;
        line.resource_version = json::required_text(json::object(object, "metadata"), "resourceVersion");
        if (type == "BOOKMARK") {
            line.type = WatchLine::Type::bookmark;
            return line;
        }
        if (type != "ADDED" && type != "MODIFIED" && type != "DELETED") {
            throw Malformed("unknown type " + type);
        }
        line.type = type == "DELETED" ? WatchLine::Type::deleted : WatchLine::Type::upserted;
        line.object.push_back(object_of(kind, object));
        return line;
    });
}

base::Result<model::Condition> decode_node_readiness(std::string_view text) {
    return json::guarded("the node", [&] {
        const Value value = json::parse(text);
        if (!value.is_object()) {
            throw Malformed("it is no object");
        }
        for (auto& condition : conditions_of(json::object(value, "status"))) {
            if (condition.type == "Ready") {
                return condition;
            }
        }
        return model::Condition{.type = "Ready",
                                .status = "Unknown",
                                .reason = "NodeStatusNeverUpdated",
                                .message = "the node has never told",
                                .last_transition = {}};
    });
}

StatusMessage decode_status(std::string_view text) {
    const auto status = json::guarded("a Status", [&]() -> StatusMessage {
        const Value value = json::parse(text);
        if (!is_status(value)) {
            return {};
        }
        return {.reason = json::text(value, "reason"), .message = json::text(value, "message")};
    });
    return status.value_or(StatusMessage{});
}

}  // namespace kube
