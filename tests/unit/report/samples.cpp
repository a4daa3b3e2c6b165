#include "samples.hpp"

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
    record.after = revision(4, "etcd-1.1.0");
    record.restarted_pods = std::exchange(record.created_pods, {});
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
    return record;
}

model::RunRecord unchanged() {
    auto record = installed();
    record.phases.clear();
    add_phases(record, {{"check", 120}, {"helm", 280}, {"rollout", 30}, {"etcd health", 61}});
    record.before = revision(4);
    record.after = revision(5);
    record.manifest_changed = false;
    record.created_pods.clear();
    return record;
}

model::RunRecord image_not_found() {
    auto record = base_record(model::Action::install);
    add_phases(record, {{"check", 190}, {"helm", 710}, {"rollout", 2310}});
    record.before = revision(3);
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
            {"crash-loop", crash_loop()},
            {"timed-out", timed_out()},
            {"unhealthy", unhealthy()},
            {"cancelled", cancelled()},
            {"uninstall-that-hangs", uninstall_that_hangs()},
            {"diagnosed", diagnosed()},
            {"diagnosed-in-part", diagnosed_in_part()},
            {"diagnosed-ill", diagnosed_ill()},
            {"hostile", hostile()}};
}

}  // namespace report_test
