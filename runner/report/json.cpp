// The result of a run for programs. docs/verify.schema.json describes it: names stay,
// fields may be added, what is unknown is left out.
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "model/outcome.hpp"
#include "report/availability.hpp"
#include "report/commands.hpp"
#include "report/outputs.hpp"
#include "report/plan.hpp"
#include "report/report.hpp"
#include "report/story.hpp"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

std::string clean_text(const std::string& text) {
    return base::printable(text);
}

// "2026-11-25T04:12:00Z"
std::string time_text(model::Timestamp time) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(time);
    const auto day = floor<days>(whole);
    const year_month_day date(day);
    const hh_mm_ss clock(whole - day);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

template <typename Value>
void put(Json& object, const char* key, const std::optional<Value>& value) {
    if (value) {
        object[key] = *value;
    }
}

void put_text(Json& object, const char* key, const std::string& text) {
    if (!text.empty()) {
        object[key] = clean_text(text);
    }
}

// Milliseconds, three digits behind the point.
double milliseconds(model::Seconds time) {
    return static_cast<double>(std::chrono::round<std::chrono::microseconds>(time).count()) / 1000;
}

void put_status(Json& member, const model::MemberStatus& status) {
    member["id"] = model::hex_id(status.member_id);
    put_text(member, "version", status.version);
    member["role"] = status.is_learner                                               ? "learner"
                     : status.leader_id != 0 && status.leader_id == status.member_id ? "leader"
                                                                                     : "follower";
    member["raft"] = {{"term", status.raft_term}, {"index", status.raft_index}, {"applied", status.raft_applied_index}};
    member["db"] = {{"size", status.db_size}, {"inUse", status.db_size_in_use}};
    if (status.db_quota != 0) {
        member["db"]["quota"] = status.db_quota;
    }
    member["revision"] = status.revision;
}

Json metrics_of(const model::MemberMetrics& metrics) {
    Json object = Json::object();
    const auto percentile = [&object](const char* key, const std::optional<model::Seconds>& p99, std::uint64_t count) {
        if (p99) {
            object[key] = {{"p99Ms", milliseconds(*p99)}, {"observations", count}};
        }
    };
    percentile("walFsync", metrics.wal_fsync_p99, metrics.wal_fsyncs);
    percentile("backendCommit", metrics.backend_commit_p99, metrics.backend_commits);
    Json peers = Json::array();
    for (const auto& peer : metrics.peer_round_trips) {
        peers.push_back({{"id", model::hex_id(peer.peer_id)},
                         {"p99Ms", milliseconds(peer.p99)},
                         {"observations", peer.observations}});
    }
    object["peerRoundTrips"] = std::move(peers);
    put(object, "hasLeader", metrics.has_leader);
    put(object, "leaderChanges", metrics.leader_changes);
    put(object, "proposalsPending", metrics.proposals_pending);
    put(object, "proposalsFailed", metrics.proposals_failed);
    put(object, "compactRevision", metrics.compact_revision);
    put(object, "residentMemory", metrics.resident_memory);
    put(object, "openDescriptors", metrics.open_descriptors);
    put(object, "maxDescriptors", metrics.most_descriptors);
    return object;
}

Json pod_of(const model::PodState& state) {
    Json object{{"running", state.running}, {"restarts", state.restarts}};
    put_text(object, "state", state.phrase);
    if (state.last_end) {
        object["lastEnd"] = {{"exitCode", state.last_end->exit_code}, {"reason", clean_text(state.last_end->reason)}};
        if (state.last_end->finished) {
            object["lastEnd"]["at"] = time_text(*state.last_end->finished);
        }
    }
    if (state.memory_limit > 0) {
        object["memoryLimit"] = state.memory_limit;
    }
    put_text(object, "zone", state.zone);
    if (!state.claim.empty()) {
        Json volume{{"claim", clean_text(state.claim)}};
        put_text(volume, "size", state.capacity);
        put_text(volume, "storageClass", state.storage_class);
        if (state.volume) {
            volume["capacity"] = state.volume->capacity;
            volume["available"] = state.volume->available;
        }
        object["volume"] = std::move(volume);
    }
    return object;
}

Json member_of(const model::ClusterHealth& health, const model::MemberAnswers& answers) {
    Json member{{"pod", clean_text(answers.pod)}};
    put_text(member, "node", answers.node);
    member["healthy"] = answers.linearizable_read.has_value();
    if (answers.linearizable_read) {
        member["readMs"] = milliseconds(*answers.linearizable_read);
    }
    if (answers.status) {
        put_status(member, *answers.status);
    }
    Json alarms = Json::array();
    if (answers.status) {
        for (const auto& type : health.alarms_of(answers.status->member_id)) {
            alarms.push_back(clean_text(type));
        }
    }
    member["alarms"] = std::move(alarms);
    if (answers.hash) {
        member["dataHash"] = {{"hash", answers.hash->hash},
                              {"revision", answers.hash->revision},
                              {"compactRevision", answers.hash->compact_revision}};
    }
    if (answers.certificate_expires) {
        member["certificateExpires"] = time_text(*answers.certificate_expires);
    }
    if (answers.metrics) {
        member["metrics"] = metrics_of(*answers.metrics);
    }
    member["kubernetes"] = pod_of(answers.state);
    Json failures = Json::array();
    for (const auto& failure : answers.failures) {
        failures.push_back(clean_text(failure));
    }
    member["failures"] = std::move(failures);
    return member;
}

const char* name_of(model::StoredCertificate::Use use) {
    using Use = model::StoredCertificate::Use;
    switch (use) {
        case Use::client: return "client";
        case Use::client_authority: return "client-authority";
        case Use::peer: return "peer";
        case Use::peer_authority: return "peer-authority";
    }
    return "";
}

Json certificates_of(const model::ClusterHealth& health) {
    Json certificates = Json::array();
    for (const auto& stored : health.certificates) {
        certificates.push_back({{"use", name_of(stored.use)},
                                {"secret", clean_text(stored.place.secret)},
                                {"key", clean_text(stored.place.key)},
                                {"expires", time_text(stored.expires)}});
    }
    return certificates;
}

Json etcd_of(const model::RunRecord& record) {
    const auto& health = *record.health;
    Json etcd{{"healthy", health.healthy()}};
    put_text(etcd, "version", health.version);
    put_text(etcd, "leader", health.leader);
    if (health.cluster_id != 0) {
        etcd["clusterId"] = model::hex_id(health.cluster_id);
    }
    etcd["voters"] = health.voters;
    etcd["membersHealthy"] = health.healthy_members;
    etcd["mayFail"] = health.tolerance();
    put(etcd, "disruptionsAllowed", health.disruptions_allowed);
    if (!health.certificates.empty()) {
        etcd["certificates"] = certificates_of(health);
    }
    etcd["endpoints"] = record.endpoints;
    Json members = Json::array();
    for (const auto& member : health.members) {
        members.push_back(member_of(health, member));
    }
    etcd["members"] = std::move(members);
    return etcd;
}

Json findings_of(const model::ClusterHealth& health) {
    Json findings = Json::array();
    for (const auto& finding : health.findings) {
        Json object{{"severity", finding.severity == model::Severity::failure ? "failure" : "warning"},
                    {"rule", finding.rule}};
        put_text(object, "pod", finding.subject);
        object["message"] = clean_text(finding.message);
        object["hint"] = clean_text(finding.hint);
        findings.push_back(std::move(object));
    }
    return findings;
}

Json lines_of(const std::vector<std::string>& lines) {
    Json array = Json::array();
    for (const auto& line : lines) {
        array.push_back(clean_text(line));
    }
    return array;
}

Json commands_of(const model::DiagnosedCause& cause, const std::string& context) {
    std::vector<std::string> commands;
    for (const auto& command : cause.commands) {
        commands.push_back(in_context(command, context));
    }
    return lines_of(commands);
}

Json causes_of(const model::Diagnosis& diagnosis, const std::string& context) {
    Json causes = Json::array();
    for (const auto& cause : diagnosis.causes) {
        causes.push_back({{"rule", cause.rule},
                          {"certainty", model::to_string(cause.certainty)},
                          {"headline", clean_text(cause.headline)},
                          {"advice", clean_text(cause.advice)},
                          {"commands", commands_of(cause, context)},
                          {"evidence", lines_of(cause.evidence)},
                          {"follows", lines_of(cause.follows)}});
    }
    return causes;
}

Json connection_of(const model::RunRecord& record) {
    Json connection{{"endpoints", lines_of(record.endpoints)}, {"value", clean_text(record.backend_value)}};
    put_text(connection, "service", record.service_address);
    if (const auto& update = record.file) {
        using State = model::FileUpdate::State;
        connection["file"] = {{"path", clean_text(update->file)},
                              {"variable", clean_text(update->variable)},
                              {"line", update->line},
                              {"state", update->state == State::fresh   ? "fresh"
                                        : update->state == State::stale ? "stale"
                                                                        : "updated"}};
    }
    return connection;
}

std::string status_of(const model::RunRecord& record) {
    for (const auto& [name, value] : outputs(record)) {
        if (name == "status") {
            return value;
        }
    }
    return {};
}

Json replacements_of(const model::RunRecord& record) {
    Json replacements = Json::array();
    for (const auto& one : record.replacements) {
        Json object{{"pod", clean_text(one.pod)}, {"role", clean_text(one.role)}, {"back", one.is_back}};
        put_text(object, "leadershipMovedTo", one.successor);
        if (one.is_back) {
            object["tookMs"] = one.took.count();
        }
        replacements.push_back(std::move(object));
    }
    return replacements;
}

Json document_of(const model::RunRecord& record) {
    Json document{{"schemaVersion", 1}};
    document["action"] = model::to_string(record.action);
    document["status"] = status_of(record);
    document["exitCode"] = record.error ? model::failure_kind(record.error->code).exit_code : 0;
    put_text(document, "release", record.release);
    put_text(document, "namespace", record.namespace_name);
    put_text(document, "statefulSet", record.stateful_set);
    if (record.after) {
        document["revision"] = record.after->revision;
        put_text(document, "chart", record.after->chart);
    }
    put_text(document, "kubernetesVersion", record.kubernetes_version);
    document["durationMs"] = total_duration(record).count();
    if (record.error) {
        Json error{{"kind", model::failure_kind(record.error->code).heading},
                   {"message", clean_text(record.error->text())}};
        put_text(error, "hint", record.error->hint);
        document["error"] = std::move(error);
    }
    if (record.rollback) {
        Json rollback{{"revision", record.rollback->revision}, {"healthy", record.rollback->healthy}};
        put_text(rollback, "whyNot", record.rollback->why_not);
        document["rollback"] = std::move(rollback);
    }
    Json warnings = Json::array();
    for (const auto& warning : record.warnings) {
        warnings.push_back(clean_text(warning));
    }
    document["warnings"] = std::move(warnings);
    if (!record.replacements.empty()) {
        document["replacements"] = replacements_of(record);
    }
    if (record.health) {
        document["etcd"] = etcd_of(record);
        document["findings"] = findings_of(*record.health);
        document["notChecked"] = record.health->notes;
    }
    if (record.availability) {
        document["availability"] = availability_json(*record.availability);
    }
    if (record.diagnosis) {
        document["causes"] = causes_of(*record.diagnosis, record.named_context);
        document["notChecked"] = lines_of(record.diagnosis->notes);
    }
    if (record.plan) {
        document["plan"] = plan_json(*record.plan);
    }
    if (record.action == model::Action::connect && !record.endpoints.empty()) {
        document["connection"] = connection_of(record);
    }
    return document;
}

}  // namespace

std::string result_json(const model::RunRecord& record) {
    // What is no UTF-8 becomes U+FFFD: nothing throws on that account.
    return document_of(record).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace report
