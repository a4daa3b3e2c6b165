#include "samples.hpp"

#include "base/text.hpp"

namespace report_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t cluster = 0xa3f1'9b20'7c44'e8d1;

std::uint64_t id_of(int ordinal) {
    return 0x1d5c'0a77'32b9'4e10 + static_cast<std::uint64_t>(ordinal) * 0x0fed'cba9;
}

model::MemberAnswers member(int ordinal, int leader) {
    const std::string number = std::to_string(ordinal);
    return {.pod = "etcd-" + number,
            .node = "node" + std::to_string(ordinal + 1),
            .status = model::MemberStatus{.cluster_id = cluster,
                                          .member_id = id_of(ordinal),
                                          .leader_id = id_of(leader),
                                          .raft_term = 2,
                                          .raft_index = 134,
                                          .raft_applied_index = 134,
                                          .db_size = 20480 + 4096 * static_cast<std::uint64_t>(ordinal),
                                          .db_size_in_use = 16384,
                                          .db_quota = 2147483648,
                                          .version = "3.7.3"},
            .members = {},
            .alarms = std::vector<model::Alarm>{},
            .linearizable_read = microseconds(1830 + 211 * ordinal),
            .failures = {}};
}

model::RunRecord base_record(model::Action action) {
    model::RunRecord record;
    record.action = action;
    record.release = "etcd";
    record.namespace_name = "anytrade";
    record.chart = "charts/etcd";
    record.cluster = "https://10.98.0.1:6443";
    record.kubernetes_version = "v1.37.2";
    record.helm_version = "v4.3.1";
    record.context = "sandbox";
    record.run_url = "https://github.example/anytrade/platform/actions/runs/4711";
    return record;
}

void add_phases(model::RunRecord& record, std::vector<std::pair<std::string, int>> lengths) {
    milliseconds now{0};
    for (auto& [name, length] : lengths) {
        record.touched = record.touched || name == "helm";
        record.phases.push_back({.name = std::move(name), .begin = now, .end = now + milliseconds(length)});
        now += milliseconds(length);
    }
    record.duration = now + milliseconds(3);
}

void add_health(model::RunRecord& record) {
    record.stateful_set = "etcd";
    model::ClusterHealth health{.members = {},
                                .findings = {},
                                .cluster_id = cluster,
                                .leader = "etcd-1",
                                .version = "3.7.3",
                                .voters = 3,
                                .healthy_members = 3};
    for (int ordinal = 0; ordinal < 3; ++ordinal) {
        health.members.push_back(member(ordinal, 1));
        record.endpoints.push_back("etcd-" + std::to_string(ordinal) +
                                   ".etcd-headless.anytrade.svc.cluster.local:2379");
    }
    record.service_address = "etcd.anytrade.svc.cluster.local:2379";
    record.health = std::move(health);
}

model::ReleaseRevision revision(int number, std::string chart = "etcd-1.0.0") {
    return {.revision = number, .status = "deployed", .chart = std::move(chart), .app_version = "3.7.3"};
}

base::Error error(base::ErrorCode code, std::string message, std::string hint = "") {
    return {.code = code, .message = std::move(message), .context = {}, .hint = std::move(hint), .command = {}};
}

void fail(model::RunRecord& record, base::Error failure) {
    record.outcome = failure.code == base::ErrorCode::cancelled ? model::Outcome::cancelled : model::Outcome::failed;
    record.error = std::move(failure);
    if (!record.phases.empty()) {
        record.phases.back().failed = true;
    }
}

model::RunRecord uninstalled() {
    auto record = base_record(model::Action::uninstall);
    record.before = revision(4);
    record.verified_revision = 4;
    add_phases(record, {{"check", 140}, {"helm", 620}, {"pods leave", 2210}});
    for (int ordinal = 0; ordinal < 3; ++ordinal) {
        record.kept_volumes.push_back({"data-etcd-" + std::to_string(ordinal), "8Gi", "local"});
    }
    return record;
}

model::RunRecord uninstalled_with_data() {
    auto record = uninstalled();
    record.deleted_volumes = std::exchange(record.kept_volumes, {});
    record.phases.push_back({.name = "volumes are deleted", .begin = milliseconds(2970), .end = milliseconds(4100)});
    return record;
}

model::RunRecord nothing_to_uninstall() {
    auto record = base_record(model::Action::uninstall);
    record.outcome = model::Outcome::nothing_to_do;
    record.warnings = {"there is no release etcd in namespace anytrade: nothing to uninstall"};
    add_phases(record, {{"check", 140}});
    return record;
}

model::RunRecord bad_input() {
    model::RunRecord record;
    fail(record, error(base::ErrorCode::bad_input,
                       "3 faults in what was asked for\n"
                       "action: there is no action \"instal\" (did you mean install?)\n"
                       "values: deployments/etcd/values.yaml:3:1: the key \"replicaCount\" is there twice, first in "
                       "line 1 (remove one of them: only the last would count)\n"
                       "timeout: \"600\" is no duration (write a number with its unit: 90s, 10m, 1h30m)"));
    return record;
}

model::RunRecord one_bad_input() {
    model::RunRecord record;
    fail(record, error(base::ErrorCode::bad_input, "timeout: \"600\" is no duration",
                       "write a number with its unit: 90s, 10m, 1h30m"));
    return record;
}

model::RunRecord unreachable() {
    auto record = base_record(model::Action::install);
    record.kubernetes_version = record.helm_version = "";
    add_phases(record, {{"check", 10004}});
    auto failure = error(base::ErrorCode::unreachable, "https://10.98.0.1:6443: connection refused",
                         "is the cluster up, and is its address in the kubeconfig right?");
    failure.context = {"asking Kubernetes for its version"};
    fail(record, std::move(failure));
    return record;
}

model::RunRecord helm_failed() {
    auto record = base_record(model::Action::install);
    record.before = revision(3);
    record.verified_revision = 3;
    add_phases(record, {{"check", 150}, {"helm", 420}});
    auto failure = error(base::ErrorCode::helm_failed, "helm upgrade ended with exit code 1",
                         "mend what helm complains about, and run it again");
    failure.command.push_back({.argv = {"helm", "upgrade", "--install", "etcd", "charts/etcd", "--server-side=true",
                                        "--reset-values", "--values", "deployments/etcd/values.yaml"},
                               .exit_code = 1,
                               .last_output = "Error: UPGRADE FAILED: values don't meet the specifications of the "
                                              "schema(s) in the following chart(s):\netcd:\n- at '/replicaCount': got "
                                              "string, want integer\n"});
    fail(record, std::move(failure));
    return record;
}

model::RunRecord timed_out() {
    auto record = base_record(model::Action::install);
    add_phases(record, {{"check", 150}, {"helm", 900}, {"rollout", 598950}});
    record.after = revision(1);
    record.created_pods = {"etcd-0", "etcd-1", "etcd-2"};
    record.stateful_set = "etcd";
    record.cause = model::Cause{.headline = "pod etcd-2 is not ready in time: no node has room for it",
                                .hint = "make room, or lower the requests in resources",
                                .pod = "etcd-2",
                                .container = "",
                                .evidence = {"pod etcd-2 is Pending since 9m58s",
                                             "event FailedScheduling: 0/3 nodes are available: 2 node(s) didn't match "
                                             "pod anti-affinity rules, 1 Insufficient memory."},
                                .log = ""};
    fail(record, error(base::ErrorCode::rollout_timed_out, record.cause->headline, record.cause->hint));
    return record;
}

model::RunRecord cancelled() {
    auto record = base_record(model::Action::install);
    record.before = revision(3);
    record.verified_revision = 3;
    add_phases(record, {{"check", 150}, {"helm", 1400}});
    fail(record, error(base::ErrorCode::cancelled, "cancelled while helm was at work",
                       "run it again: it goes on from the state that the cluster is in"));
    return record;
}

model::RunRecord crash_loop() {
    auto record = image_not_found();
    std::string log;
    for (int i = 0; i < 40; ++i) {
        log += R"({"level":"info","ts":"2026-01-30T03:12:0)" + std::to_string(i % 10) +
               R"(.120Z","caller":"embed/etcd.go:640","msg":"initial advertise peer URLs"})"
               "\n";
    }
    log += R"({"level":"fatal","msg":"discovery failed","error":"member count is unequal"})"
           "\n";
    record.cause = model::Cause{.headline = "pod etcd-1: container etcd crashes again and again (exit code 1, Error)",
                                .hint = "its log says why",
                                .pod = "etcd-1",
                                .container = "etcd",
                                .evidence = {"container etcd: restarted 3 times, last exit code 1",
                                             "event BackOff: Back-off restarting failed container etcd"},
                                .log = log};
    record.error = error(base::ErrorCode::rollout_failed, record.cause->headline, record.cause->hint);
    record.seen_at_failure = model::SeenAtFailure{
        .pods = {{.name = "etcd-0", .node = "node1", .phrase = "ready"},
                 {.name = "etcd-1",
                  .node = "node2",
                  .phrase = "CrashLoopBackOff (restarts: 2, last exit code 1)",
                  .restarts = 2}},
        .claims = {{.name = "data-etcd-1",
                    .phase = "Bound",
                    .capacity = "8Gi",
                    .storage_class = "standard",
                    .volume = "pvc-4711"}},
        .nodes = {"node node2 is not ready since 2026-11-25T14:03:05Z: NodeStatusUnknown, Kubelet stopped posting "
                  "node status."},
        .events = {"2026-11-25T14:03:01Z Normal Started Pod/etcd-1: Started container etcd",
                   "2026-11-25T14:03:02Z Warning BackOff Pod/etcd-1: Back-off restarting failed container etcd"},
        .logs = {{.pod = "etcd-1", .container = "etcd", .previous = true, .text = record.cause->log},
                 {.pod = "etcd-1", .container = "etcd", .text = "the run after it"}},
        .notes = {"could not look at storage classes: needs list on storageclasses"},
        .folder = "evidence"};
    return record;
}

model::RunRecord uninstall_that_hangs() {
    auto record = uninstalled();
    record.cause = model::Cause{.headline = "pod etcd-2 does not go away: its node does not answer",
                                .hint = "repair node3, or delete the pod by force",
                                .pod = "etcd-2",
                                .container = "etcd",
                                .evidence = {"pod etcd-2 is Terminating for 2m30s beyond its grace"},
                                .log = ""};
    fail(record, error(base::ErrorCode::rollout_failed, record.cause->headline, record.cause->hint));
    return record;
}

// What others print must not break anything.
model::RunRecord hostile() {
    auto record = image_not_found();
    const std::string nasty =
        "x|y`z``\n```\n</details><script>alert(1)</script> @octocat #42 **bold** "
        "[a](https://evil.example) \033[31m::error::no ##[error]no www.evil.example";
    record.cause->headline = nasty;
    record.cause->evidence = {nasty, "# heading", "1. list", "- item", "> quote"};
    record.cause->log = "fine\n```\n````\n## out of the block\n" + nasty;
    record.warnings = {nasty};
    record.value_changes = {{"a|b", "`x`", nasty}};
    record.created_pods = {"$(reboot)", "-rf"};
    record.cause->pod = "$(reboot)'";
    record.phases.push_back({.name = "section: a;b#c\nclick x", .begin = milliseconds(0), .end = milliseconds(7)});
    record.run_url = "javascript:alert(1)";
    return record;
}

model::RunRecord diagnosed() {
    auto record = base_record(model::Action::diagnose);
    record.helm_version.clear();
    add_phases(record, {{"look", 412}});
    record.touched = false;
    add_health(record);
    record.endpoints.clear();
    record.diagnosis =
        model::Diagnosis{.causes = {{.rule = "slow-disk",
                                     .certainty = model::Certainty::possible,
                                     .headline = "the disks are slow for etcd",
                                     .advice = "give etcd a faster storage class, and no neighbours on its disks",
                                     .commands = {"kubectl -n anytrade exec etcd-0 -c etcd -- etcdctl check perf"},
                                     .evidence = {"etcd-0: WAL fsync 99th percentile 21 ms, should be below 10 ms"},
                                     .follows = {}}},
                         .looked_at = {{"pods", "3, 3 ready"}, {"events", "12"}},
                         .notes = {}};
    return record;
}

model::RunRecord diagnosed_in_part() {
    auto record = diagnosed();
    record.health.reset();
    record.diagnosis->causes.clear();
    record.diagnosis->notes = {"could not look at events: needs list on events"};
    record.diagnosis->looked_at[1].seen = "not seen";
    return record;
}

model::RunRecord diagnosed_ill() {
    auto record = diagnosed();
    auto& health = *record.health;
    health.healthy_members = 0;
    health.leader.clear();
    for (auto& member : health.members) {
        member = {.pod = member.pod, .node = "", .failures = {"its container does not run"}};
        health.findings.push_back({.severity = model::Severity::failure,
                                   .rule = "linearizable-read",
                                   .subject = member.pod,
                                   .message = "its container does not run",
                                   .hint = ""});
    }
    auto& diagnosis = *record.diagnosis;
    diagnosis.causes.insert(
        diagnosis.causes.begin(),
        {{.rule = "storage-class-missing",
          .certainty = model::Certainty::certain,
          .headline = "there is no storage class fast, so no volume for pods etcd-0, etcd-1 and etcd-2 can be made",
          .advice = "name a storage class that exists (persistence.storageClass), or create this one",
          .commands = {"etcd-deploy uninstall --namespace anytrade --release etcd --delete-data --confirm etcd",
                       "etcd-deploy install --namespace anytrade --release etcd --values "
                       "deployments/etcd/values.yaml --set persistence.storageClass=local-path"},
          .evidence = {"volume claim data-etcd-0: Pending, storage class fast, 8Gi",
                       "event ProvisioningFailed: storageclass.storage.k8s.io \"fast\" not found",
                       "storage classes there are: local-path (default)", "</details> | ```"},
          .follows = {"etcd has lost its quorum: 0 of 3 members work, and 2 are needed; it takes no writes",
                      "pod etcd-0: waiting for a node: pod has unbound immediate PersistentVolumeClaims"}},
         {.rule = "release-pending",
          .certainty = model::Certainty::likely,
          .headline = "revision 2 of release etcd is pending-upgrade since 1h: a helm was killed, and every further "
                      "one refuses to work",
          .advice = "when no other run is at work, deploy again",
          .commands = {"etcd-deploy install --namespace anytrade"},
          .evidence = {},
          .follows = {}}});
    diagnosis.notes = {"could not look at volumes: needs list on persistentvolumes"};
    diagnosis.evidence_folder = "diagnosis";
    fail(record,
         error(base::ErrorCode::etcd_unhealthy, diagnosis.causes.front().headline, diagnosis.causes.front().advice));
    return record;
}

}  // namespace

model::RunRecord installed() {
    auto record = base_record(model::Action::install);
    add_phases(record, {{"check", 182}, {"helm", 640}, {"rollout", 3410}, {"etcd health", 96}});
    record.after = revision(1);
    record.manifest_changed = true;
    record.created_pods = {"etcd-0", "etcd-1", "etcd-2"};
    add_health(record);
    return record;
}

model::RunRecord upgraded() {
    auto record = installed();
    record.phases.clear();
    add_phases(record, {{"check", 190}, {"fetch chart", 1220}, {"helm", 710}, {"rollout", 9870}, {"etcd health", 88}});
    record.before = revision(3);
    record.verified_revision = 3;
    record.after = revision(4, "etcd-1.1.0");
    record.restarted_pods = std::exchange(record.created_pods, {});
    record.replacements = {{.pod = "etcd-2",
                            .role = "follower",
                            .successor = {},
                            .took = std::chrono::milliseconds(2140),
                            .is_back = true},
                           {.pod = "etcd-1",
                            .role = "follower",
                            .successor = {},
                            .took = std::chrono::milliseconds(1980),
                            .is_back = true},
                           {.pod = "etcd-0",
                            .role = "leader",
                            .successor = "etcd-2",
                            .took = std::chrono::milliseconds(2410),
                            .is_back = true}};
    record.value_changes = {{"resources.limits.memory", "\"512Mi\"", "\"1Gi\""},
                            {"autoCompactionRetention", "", "\"1h\""},
                            {"auth.rbac.rootPassword", "***", "***"},
                            {"nodeSelector.disk", "\"hdd\"", ""}};
    record.warnings = {"the release was applied client-side so far: helm moves it to server-side apply now, once"};
    record.health->findings = {{.severity = model::Severity::warning,
                                .rule = "fragmented",
                                .subject = "etcd-2",
                                .message = "less than half of the database file is in use",
                                .hint = "defragment it when there is time"}};
    record.availability = model::Availability{.begin = milliseconds(2150),
                                              .end = milliseconds(12010),
                                              .acknowledged = 187,
                                              .failed = 2,
                                              .longest_gap = model::WriteGap{milliseconds(83), milliseconds(9420)},
                                              .members = 3,
                                              .lowest_healthy = 2,
                                              .leader_changes = 1,
                                              .all_writes_found = true};
    return record;
}

model::RunRecord write_lost() {
    auto record = upgraded();
    record.availability->all_writes_found = false;
    record.availability->lost_write =
        "the write that etcd acknowledged at revision 812 is gone: later etcd was at revision 640";
    record.health->findings.insert(
        record.health->findings.begin(),
        {.severity = model::Severity::failure,
         .rule = "availability",
         .subject = {},
         .message = "an acknowledged write was lost while members were replaced: " + record.availability->lost_write,
         .hint = "take a snapshot of each member before anything else"});
    fail(record, error(base::ErrorCode::etcd_unhealthy, record.health->findings.front().message,
                       "the table of findings says what to do about each"));
    return record;
}

model::RunRecord not_probed() {
    auto record = upgraded();
    record.availability =
        model::Availability{.members = 3, .lowest_healthy = 2, .note = "etcdserver: permission denied (code 7)"};
    return record;
}

model::RunRecord unchanged() {
    auto record = installed();
    record.phases.clear();
    add_phases(record, {{"check", 120}, {"helm", 280}, {"rollout", 30}, {"etcd health", 61}});
    record.before = revision(4);
    record.verified_revision = 4;
    record.after = revision(5);
    record.manifest_changed = false;
    record.created_pods.clear();
    return record;
}

model::RunRecord image_not_found() {
    auto record = base_record(model::Action::install);
    add_phases(record, {{"check", 190}, {"helm", 710}, {"rollout", 2310}});
    record.before = revision(3);
    record.verified_revision = 3;
    record.after = revision(4);
    record.manifest_changed = true;
    record.stateful_set = "etcd";
    record.value_changes = {{"image.tag", "\"v3.7.3\"", "\"v3.7.9\""}};
    record.restarted_pods = {"etcd-2"};
    record.cause = model::Cause{.headline = "pod etcd-2: image quay.io/coreos/etcd:v3.7.9 not found",
                                .hint = "correct image.repository or image.tag in the values file",
                                .pod = "etcd-2",
                                .container = "etcd",
                                .evidence = {"container etcd waits: ErrImagePull: failed to pull and unpack image "
                                             "\"quay.io/coreos/etcd:v3.7.9\": failed to resolve reference: not found",
                                             "event Failed: Error: ErrImagePull"},
                                .log = ""};
    fail(record, error(base::ErrorCode::rollout_failed, record.cause->headline, record.cause->hint));
    return record;
}

model::RunRecord rolled_back() {
    auto record = image_not_found();
    record.after = revision(5);
    record.rollback = model::Rollback{.revision = 3, .healthy = true, .why_not = {}, .way_out = {}};
    record.manifest_changed = false;
    record.value_changes.clear();
    add_health(record);
    return record;
}

model::RunRecord kept() {
    auto record = image_not_found();
    record.rollback =
        model::Rollback{.revision = 0,
                        .healthy = false,
                        .why_not = "etcd has moved on from 3.6 to 3.7: the older version would refuse to start",
                        .way_out = "go forward: correct the values for the new version, and deploy again"};
    return record;
}

model::RunRecord locked() {
    auto record = base_record(model::Action::upgrade);
    add_phases(record, {{"check", 140}});
    record.before = revision(3);
    record.verified_revision = 3;
    fail(record,
         error(base::ErrorCode::locked,
               "another run works on release etcd: https://ci.test/runs/7 (upgrade, since 2026-11-25T10:00:00Z)",
               "wait until it has ended, or raise lock-timeout; a run that was killed is noticed after 15s"));
    return record;
}

model::RunRecord unhealthy() {
    auto record = upgraded();
    record.warnings.clear();
    auto& health = *record.health;
    health.healthy_members = 1;
    health.members[2].status.reset();
    health.members[2].alarms.reset();
    health.members[2].linearizable_read.reset();
    health.members[2].failures = {"linearizable read: etcdserver: request timed out (code 14)"};
    health.members[0].alarms = std::vector<model::Alarm>{{.member_id = id_of(0), .type = "NOSPACE"}};
    health.findings = {{.severity = model::Severity::failure,
                        .rule = "read",
                        .subject = "etcd-2",
                        .message = "did not answer a linearizable read within 5 s",
                        .hint = "see its log; is it cut off from the others?"},
                       {.severity = model::Severity::failure,
                        .rule = "alarm",
                        .subject = "etcd-0",
                        .message = "alarm NOSPACE: the database is full, writes are refused",
                        .hint = "compact, defragment, then disarm the alarm"},
                       {.severity = model::Severity::warning,
                        .rule = "tolerance",
                        .subject = "",
                        .message = "no further member may fail",
                        .hint = "repair the sick one first"}};
    fail(record, error(base::ErrorCode::etcd_unhealthy, "etcd is not well",
                       "see the findings; the pods run, so nothing was rolled back"));
    return record;
}

model::RunRecord verified() {
    auto record = base_record(model::Action::verify);
    record.helm_version.clear();
    add_phases(record, {{"check", 21}, {"etcd health", 74}});
    record.after = revision(4);
    add_health(record);
    auto& health = *record.health;
    for (int ordinal = 0; ordinal < 3; ++ordinal) {
        auto& member = health.members.at(static_cast<std::size_t>(ordinal));
        const auto claim = "data-etcd-" + std::to_string(ordinal);
        member.metrics =
            model::MemberMetrics{.has_leader = true,
                                 .leader_changes = 1,
                                 .proposals_pending = 0,
                                 .proposals_failed = 0,
                                 .wal_fsync_p99 = model::Seconds(0.0123 + 0.001 * ordinal),
                                 .backend_commit_p99 = model::Seconds(0.0071),
                                 .peer_round_trips = {{id_of((ordinal + 1) % 3), model::Seconds(0.0016), 812},
                                                      {id_of((ordinal + 2) % 3), model::Seconds(0.0021), 811}},
                                 .current_revision = 1042,
                                 .compact_revision = 900,
                                 .resident_memory = 41943040,
                                 .open_descriptors = 19,
                                 .most_descriptors = 1048576,
                                 .wal_fsyncs = 2113,
                                 .backend_commits = 1240};
        member.hash = model::DataHash{.revision = 1042, .compact_revision = 900, .hash = 2898143210};
        member.certificate_expires = model::Timestamp(std::chrono::seconds(1798761600));
        member.state = {.restarts = ordinal == 2 ? 1 : 0,
                        .memory_limit = 536870912,
                        .zone = "",
                        .claim = claim,
                        .capacity = "8Gi",
                        .storage_class = "local"};
        if (ordinal == 2) {
            member.state.last_end = model::Termination{.exit_code = 137, .reason = "OOMKilled"};
            member.state.last_end->finished = model::Timestamp(std::chrono::seconds(1796000000));
        }
        member.state.volume = model::VolumeUse{.claim = claim, .capacity = 8589934592, .available = 7516192768};
    }
    health.findings = {
        {.severity = model::Severity::warning,
         .rule = "slow-fsync",
         .subject = "etcd-0",
         .message = "one of a hundred writes to its log takes longer than 12.3 ms (it should be 10 ms)",
         .hint = "give etcd a faster disk, or one that it need not share"},
        {.severity = model::Severity::warning,
         .rule = "memory-kill",
         .subject = "etcd-2",
         .message = "was restarted 1 time, the last time because it needed more memory than its limit of "
                    "512 MiB",
         .hint = "raise resources.limits.memory"}};
    using Use = model::StoredCertificate::Use;
    const auto next_year = model::Timestamp(std::chrono::seconds(1798761600));
    health.certificates = {
        {.use = Use::client, .place = {.secret = "etcd-client-crt", .key = "tls.crt"}, .expires = next_year},
        {.use = Use::client_authority, .place = {.secret = "etcd-client-crt", .key = "ca.crt"}, .expires = next_year},
        {.use = Use::peer, .place = {.secret = "etcd-peer-crt", .key = "tls.crt"}, .expires = next_year},
        {.use = Use::peer_authority, .place = {.secret = "etcd-peer-crt", .key = "ca.crt"}, .expires = next_year}};
    health.disruptions_allowed = 1;
    health.notes = {"the zones of the nodes (node1, node2, node3): the kubeconfig's user may not read them"};
    return record;
}

model::RunRecord verified_unhealthy() {
    auto record = verified();
    auto& health = *record.health;
    auto& gone = health.members[1];
    gone = {.pod = "etcd-1", .node = "node2"};
    gone.state.running = false;
    gone.state.phrase = "ImagePullBackOff: Back-off pulling image";
    health.leader = "etcd-0";
    health.healthy_members = 2;
    health.findings = {{.severity = model::Severity::failure,
                        .rule = "pod-running",
                        .subject = "etcd-1",
                        .message = "its pod does not run: ImagePullBackOff: Back-off pulling image",
                        .hint = "kubectl describe pod etcd-1 shows what keeps it from running"},
                       {.severity = model::Severity::warning,
                        .rule = "tolerance",
                        .subject = "",
                        .message = "not a single member may fail now without stopping writes",
                        .hint = "bring the missing members back first"}};
    health.notes.push_back("whether the members' data are the same: not every member answers");
    record.endpoints.erase(record.endpoints.begin() + 1);
    fail(record, error(base::ErrorCode::etcd_unhealthy,
                       "etcd-1: its pod does not run: ImagePullBackOff: Back-off pulling image",
                       "the table of findings says what to do about each"));
    return record;
}

model::RunRecord nothing_to_verify() {
    auto record = base_record(model::Action::verify);
    record.helm_version.clear();
    add_phases(record, {{"check", 19}});
    fail(record,
         error(base::ErrorCode::not_found,
               "there is no etcd of release etcd in namespace anytrade: no StatefulSet that helm made for it, and none "
               "labelled app.kubernetes.io/instance=etcd",
               "correct release and namespace (helm list --all-namespaces shows what there is), or install "
               "it"));
    return record;
}

model::RunRecord connected() {
    auto record = base_record(model::Action::connect);
    record.helm_version.clear();
    add_health(record);
    record.health.reset();
    record.backend_value = base::join(record.endpoints, ",");
    record.client = model::ClientNeeds{};
    add_phases(record, {{"check", 40}, {"endpoints", 52}});
    return record;
}

model::RunRecord file_is_updated() {
    auto record = connected();
    record.touched = true;
    record.phases.push_back({.name = "file", .begin = milliseconds(92), .end = milliseconds(95)});
    record.warnings = {
        "etcd-2 does not answer now (no answer in time); when etcd lists it as a member, its endpoint is "
        "in the list all the same"};
    record.file = model::FileUpdate{.state = model::FileUpdate::State::updated,
                                    .file = "deployments/backend/values.yaml",
                                    .variable = "ANYTRADE_ETCD_ENDPOINTS",
                                    .path = "env",
                                    .line = 7,
                                    .diff =
                                        "--- a/deployments/backend/values.yaml\n+++ b/deployments/backend/values.yaml\n"
                                        "@@ -5,3 +5,3 @@\n     value: …\n   - name: ANYTRADE_ETCD_ENDPOINTS\n"
                                        "-    value: \"localhost:2379\"\n+    value: \"" +
                                        record.backend_value + "\"\n"};
    return record;
}

model::RunRecord file_is_stale() {
    auto record = file_is_updated();
    record.touched = false;
    record.warnings.clear();
    record.file->state = model::FileUpdate::State::stale;
    fail(record,
         error(base::ErrorCode::difference,
               "deployments/backend/values.yaml:7: ANYTRADE_ETCD_ENDPOINTS is stale: \"localhost:2379\", etcd is "
               "at \"" +
                   record.backend_value + "\"",
               "run the same without check, and commit what it changes"));
    return record;
}

model::RunRecord connected_by_tls() {
    auto record = connected();
    record.backend_value = "https://" + base::join(record.endpoints, ",https://");
    record.client = model::ClientNeeds{.tls = true,
                                       .mutual_tls = true,
                                       .ca = model::SecretKey{"etcd-client", "ca.crt"},
                                       .certificate = model::SecretKey{"etcd-client", "tls.crt"},
                                       .key = model::SecretKey{"etcd-client", "tls.key"},
                                       .root_password = model::SecretKey{"etcd", "root-password"}};
    return record;
}

std::vector<std::pair<std::string, model::RunRecord>> samples() {
    return {{"installed", installed()},
            {"upgraded", upgraded()},
            {"unchanged", unchanged()},
            {"uninstalled", uninstalled()},
            {"uninstalled-with-data", uninstalled_with_data()},
            {"nothing-to-uninstall", nothing_to_uninstall()},
            {"bad-input", bad_input()},
            {"one-bad-input", one_bad_input()},
            {"unreachable", unreachable()},
            {"helm-failed", helm_failed()},
            {"image-not-found", image_not_found()},
            {"rolled-back", rolled_back()},
            {"kept", kept()},
            {"locked", locked()},
            {"crash-loop", crash_loop()},
            {"timed-out", timed_out()},
            {"unhealthy", unhealthy()},
            {"cancelled", cancelled()},
            {"verified", verified()},
            {"verified-unhealthy", verified_unhealthy()},
            {"nothing-to-verify", nothing_to_verify()},
            {"uninstall-that-hangs", uninstall_that_hangs()},
            {"connected", connected()},
            {"connected-by-tls", connected_by_tls()},
            {"file-is-updated", file_is_updated()},
            {"file-is-stale", file_is_stale()},
            {"diagnosed", diagnosed()},
            {"diagnosed-in-part", diagnosed_in_part()},
            {"diagnosed-ill", diagnosed_ill()},
            {"write-lost", write_lost()},
            {"not-probed", not_probed()},
            {"hostile", hostile()}};
}

}  // namespace report_test
