#include "rollout/roller.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "unit/rollout/builders.hpp"

namespace {

using namespace std::chrono_literals;
using rollout::QuorumRisk;
using rollout::Roller;
using rollout_test::pod;
using rollout_test::view_of;
using Kind = rollout::Step::Kind;

const Roller::TimePoint start{};

// A set with its pods, and what its members answer; all well, all outdated, etcd-0 leads.
struct Scene {
    model::StatefulSet set = rollout_test::etcd_set();
    std::vector<model::Pod> pods;
    std::vector<model::MemberAnswers> answers;

    explicit Scene(int size = 3) {
        set.on_delete = true;
        set.replicas = size;
        set.status.replicas = size;
        for (int ordinal = 0; ordinal < size; ++ordinal) {
            pods.push_back(pod(ordinal, true, "old"));
            model::MemberAnswers one{.pod = "etcd-" + std::to_string(ordinal)};
            one.status = model::MemberStatus{.cluster_id = 7,
                                             .member_id = id_of(ordinal),
                                             .leader_id = id_of(0),
                                             .raft_index = 5000,
                                             .raft_applied_index = 5000};
            one.linearizable_read = 1ms;
            one.alarms.emplace();
            answers.push_back(one);
        }
        list_members(size);
    }
    static std::uint64_t id_of(int ordinal) { return 0x10U + static_cast<unsigned>(ordinal); }

    void list_members(int size) {
        std::vector<model::ListedMember> listed;
        for (int ordinal = 0; ordinal < size; ++ordinal) {
            listed.push_back({.id = id_of(ordinal), .name = "etcd-" + std::to_string(ordinal)});
        }
        for (auto& one : answers) {
            one.members = listed;
        }
    }
    model::Pod& at(int ordinal) { return pods[static_cast<std::size_t>(ordinal)]; }
    model::MemberAnswers& of(int ordinal) { return answers[static_cast<std::size_t>(ordinal)]; }
    void renew(int ordinal, bool ready = true) { at(ordinal) = pod(ordinal, ready, "new"); }
    void lead(int leader) {
        for (auto& one : answers) {
            if (one.status) {
                one.status->leader_id = id_of(leader);
            }
        }
    }
    // Its container does not run, and nothing is heard of it.
    void crash(int ordinal) {
        const auto meta = at(ordinal).meta;
        at(ordinal) = rollout_test::waiting_pod(ordinal, "CrashLoopBackOff", "back-off");
        at(ordinal).meta = meta;
        silence(ordinal);
    }
    // It runs, and answers nothing; Kubernetes has seen that.
    void hang(int ordinal) {
        at(ordinal).conditions[1].status = "False";
        silence(ordinal);
    }
    void silence(int ordinal) {
        of(ordinal) = {.pod = "etcd-" + std::to_string(ordinal), .failures = {"does not answer: timed out"}};
    }
    // One that is heard of, but has no quorum behind it.
    void lose_quorum(int ordinal) {
        of(ordinal).linearizable_read.reset();
        of(ordinal).status->leader_id = 0;
        of(ordinal).failures = {"linearizable read: timed out"};
    }
    [[nodiscard]] rollout::View view() const { return view_of(set, pods); }
    [[nodiscard]] rollout::Step step(Roller& roller, std::chrono::milliseconds later = 0ms) const {
        return roller.next(view(), set, answers, start + later);
    }
};

Roller careful() {
    return Roller({}, QuorumRisk::avoided);
}

struct FirstStep {
    const char* name;
    int size;
    std::function<void(Scene&)> change;
    Kind kind;
    const char* pod;
    const char* why;  // part of it
};

class First : public testing::TestWithParam<FirstStep> {};

// What is lasting is asked about twice, long enough after each other.
TEST_P(First, StepIsFoundedOnWhatIsSeen) {
    Scene scene(GetParam().size);
    GetParam().change(scene);
    auto roller = careful();
    auto step = scene.step(roller);
    for (const auto later : {4s, 30s}) {
        if (step.kind == Kind::wait && step.look_again) {
            step = scene.step(roller, later);
        }
    }
    EXPECT_EQ(step.kind, GetParam().kind) << step.why;
    EXPECT_EQ(step.pod, GetParam().pod) << step.why;
    EXPECT_TRUE(step.why.contains(GetParam().why)) << step.why;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, First,
    testing::Values(
        FirstStep{"DoneWhenNothingIsOutdated", 3,
                  [](auto& s) {
                      for (const int i : {0, 1, 2}) {
                          s.renew(i);
                      }
                  },
                  Kind::done, "", ""},
        FirstStep{"DoneWhenNothingIsOutdatedThoughOneIsIll", 3,
                  [](auto& s) {
                      for (const int i : {0, 1, 2}) {
                          s.renew(i);
                      }
                      s.crash(1);
                  },
                  Kind::done, "", ""},
        FirstStep{"TheHighestFollower", 3, [](auto&) {}, Kind::replace, "etcd-2", "follower"},
        FirstStep{"TheHighestFollowerOfFive", 5, [](auto&) {}, Kind::replace, "etcd-4", "follower"},
        FirstStep{"NotTheLeaderThoughItIsTheHighest", 3, [](auto& s) { s.lead(2); }, Kind::replace, "etcd-1",
                  "follower"},
        FirstStep{"TheNextOneOfARollingThatWasBrokenOff", 3, [](auto& s) { s.renew(2); }, Kind::replace, "etcd-1",
                  "follower"},
        FirstStep{"LeadershipGoesBeforeTheLeader", 3,
                  [](auto& s) {
                      s.renew(1);
                      s.renew(2);
                  },
                  Kind::move_leadership, "etcd-0", ""},
        FirstStep{"TheOnlyMember", 1, [](auto&) {}, Kind::replace, "etcd-0", "leader"},
        FirstStep{"TheIllOnlyMember", 1, [](auto& s) { s.crash(0); }, Kind::replace, "etcd-0", "served nothing"},
        FirstStep{"OneOfTwo", 2, [](auto&) {}, Kind::replace, "etcd-1", "follower"},
        FirstStep{"TheIllOneThoughALowerOrdinal", 3, [](auto& s) { s.crash(0), s.lead(1); }, Kind::replace, "etcd-0",
                  "served nothing"},
        FirstStep{"TheIllOneThatHangs", 3, [](auto& s) { s.hang(1); }, Kind::replace, "etcd-1", "served nothing"},
        FirstStep{"TheDeadOneBeforeTheOneThatHangs", 5,
                  [](auto& s) {
                      s.hang(4);
                      s.crash(1);
                  },
                  Kind::replace, "etcd-1", "served nothing"},
        FirstStep{"OneOfTwoIllOnesWithoutQuorum", 3,
                  [](auto& s) {
                      s.crash(1);
                      s.crash(2);
                      s.lose_quorum(0);
                  },
                  Kind::replace, "etcd-2", "served nothing"},
        FirstStep{"OneOfThreeThatAreAllDown", 3,
                  [](auto& s) {
                      for (const int i : {0, 1, 2}) {
                          s.crash(i);
                      }
                  },
                  Kind::replace, "etcd-2", "served nothing"},
        FirstStep{"NoneWhileOneThatIsNewIsIll", 3,
                  [](auto& s) {
                      s.renew(2);
                      s.crash(2);
                  },
                  Kind::wait, "", "etcd-1 may not be taken down: etcd-2: CrashLoopBackOff"},
        FirstStep{"TheIllOldOneThoughANewOneIsIllToo", 3,
                  [](auto& s) {
                      s.renew(2);
                      s.crash(2);
                      s.crash(1);
                      s.lose_quorum(0);
                  },
                  Kind::replace, "etcd-1", "served nothing"},
        FirstStep{"NoneWhenAllThatKubernetesCallsReadyAreSilent", 3,
                  [](auto& s) {
                      for (const int i : {0, 1, 2}) {
                          s.silence(i);
                      }
                  },
                  Kind::wait, "", "may not be taken down"},
        FirstStep{"NoneWhileNobodyKnowsALeader", 3,
                  [](auto& s) {
                      for (const int i : {0, 1, 2}) {
                          s.lose_quorum(i);
                      }
                  },
                  Kind::wait, "", "linearizable read: timed out"},
        FirstStep{"TheOneThatNamesAnotherLeaderAsTheIllOne", 3,
                  [](auto& s) { s.of(1).status->leader_id = Scene::id_of(1); }, Kind::replace, "etcd-1",
                  "served nothing"},
        FirstStep{"TheOneThatIsFarBehindAsTheIllOne", 3, [](auto& s) { s.of(1).status->raft_index = 3000; },
                  Kind::replace, "etcd-1", "served nothing"},
        FirstStep{"NotTheOthersWhileANewOneIsFarBehind", 3,
                  [](auto& s) {
                      s.renew(2);
                      s.of(2).status->raft_index = 3000;
                  },
                  Kind::wait, "", "etcd-2: 2000 entries behind"},
        FirstStep{"TheLearnerBeforeVoters", 3,
                  [](auto& s) {
                      s.of(0).status->is_learner = true;
                      s.of(0).linearizable_read.reset();
                      s.lead(2);
                      s.of(2).members->at(0).is_learner = true;
                      s.of(1).members = s.of(2).members;
                      s.of(0).members.reset();
                  },
                  Kind::replace, "etcd-0", "learner"},
        FirstStep{"NoneWhileAPodIsTerminating", 3, [](auto& s) { s.at(1).meta.deleted.emplace(); }, Kind::wait, "",
                  "etcd-1 is gone"},
        FirstStep{"NoneWhileAPodIsMissing", 3, [](auto& s) { s.pods.erase(s.pods.begin() + 1); }, Kind::wait, "",
                  "etcd-1 is made"},
        FirstStep{"NoneWhileAPodIsTooMany", 4, [](auto& s) { s.set.replicas = 3; }, Kind::wait, "", "one too many"},
        FirstStep{"NoneBeforeTheControllerHasSeenTheChange", 3, [](auto& s) { s.set.meta.generation = 3; }, Kind::wait,
                  "", "controller"},
        FirstStep{"NoneThatIsBelowThePartition", 3,
                  [](auto& s) {
                      s.set.partition = 2;
                      s.renew(2);
                  },
                  Kind::done, "", ""},
        FirstStep{"OfASetThatStartsAtFiveItsOwn", 3,
                  [](auto& s) {
                      s.set.first_ordinal = 5;
                      for (int i : {0, 1, 2}) {
                          s.at(i) = pod(i + 5, true, "old");
                          s.of(i).pod = "etcd-" + std::to_string(i + 5);
                          for (auto& one : s.answers) {
                              one.members->at(static_cast<std::size_t>(i)).name = s.of(i).pod;
                          }
                      }
                  },
                  Kind::replace, "etcd-7", "follower"},
        FirstStep{"NoneUntilEachHasBeenReadyLongEnough", 3,
                  [](auto& s) {
                      s.set.min_ready_seconds = 30;
                      s.set.status.available_replicas = 2;
                  },
                  Kind::wait, "", "30 s"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Rolling, TakesFollowersThenMovesLeadershipThenTakesTheLeader) {
    Scene scene;
    auto roller = careful();
    for (const int ordinal : {2, 1}) {
        const auto step = scene.step(roller);
        ASSERT_EQ(step.kind, Kind::replace);
        ASSERT_EQ(step.pod, "etcd-" + std::to_string(ordinal));
        EXPECT_FALSE(step.may_delete);
        roller.replaced(step.pod, step.uid);
        EXPECT_EQ(scene.step(roller).why, "until pod " + step.pod + " goes");
        scene.renew(ordinal);
        scene.at(ordinal).meta.deleted.reset();
    }
    auto step = scene.step(roller);
    ASSERT_EQ(step.kind, Kind::move_leadership);
    EXPECT_EQ(step.successor, "etcd-2");
    EXPECT_EQ(roller.returned().size(), 2U);
    roller.leadership_asked();
    scene.lead(2);
    step = scene.step(roller);
    ASSERT_EQ(step.kind, Kind::replace);
    EXPECT_EQ(step.pod, "etcd-0");
    EXPECT_EQ(step.why, "follower");
    roller.replaced(step.pod, step.uid);
    scene.renew(0);
    EXPECT_EQ(scene.step(roller).kind, Kind::done);
}

TEST(Rolling, TakesTheLeaderAllTheSameWhenLeadershipDoesNotMove) {
    Scene scene;
    scene.renew(1);
    scene.renew(2);
    auto roller = careful();
    for (int asked = 0; asked < 3; ++asked) {
        ASSERT_EQ(scene.step(roller).kind, Kind::move_leadership);
        roller.leadership_asked();
    }
    const auto step = scene.step(roller);
    EXPECT_EQ(step.kind, Kind::replace);
    EXPECT_EQ(step.why, "leader");
    EXPECT_TRUE(step.note.contains("does not move to etcd-2")) << step.note;
}

TEST(Rolling, MovesLeadershipToNoneThatIsOutdatedWhileAnotherIsNot) {
    Scene scene(5);
    for (const int ordinal : {1, 2, 3, 4}) {
        scene.renew(ordinal);
    }
    scene.at(4).conditions[1].status = "False";
    scene.of(3).status->raft_index = 100;  // far behind
    auto roller = Roller({}, QuorumRisk::taken);
    (void)scene.step(roller);
    const auto step = scene.step(roller, 20s);
    ASSERT_EQ(step.kind, Kind::move_leadership) << step.why;
    EXPECT_EQ(step.successor, "etcd-2");
}

struct NotBack {
    const char* name;
    std::function<void(Scene&)> change;  // after etcd-2 was replaced and is ready and well
    const char* why;
};

class Return : public testing::TestWithParam<NotBack> {};

TEST_P(Return, IsAwaitedBeforeTheNextIsTouched) {
    Scene scene;
    auto roller = careful();
    const auto step = scene.step(roller);
    roller.replaced(step.pod, step.uid);
    scene.renew(2);
    GetParam().change(scene);
    const auto next = scene.step(roller);
    EXPECT_EQ(next.kind, Kind::wait);
    EXPECT_TRUE(next.why.contains(GetParam().why)) << next.why;
    EXPECT_TRUE(roller.returned().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Return,
    testing::Values(
        NotBack{"WhilePodIsOnItsWayDown", [](auto& s) { s.at(2) = pod(2, true, "old"); }, "etcd-2 goes"},
        NotBack{"WhilePodIsTerminating", [](auto& s) { s.at(2).meta.deleted.emplace(); }, "etcd-2 is gone"},
        NotBack{"WhileThereIsNone", [](auto& s) { s.pods.pop_back(); }, "etcd-2 is made"},
        NotBack{"WhileItDoesNotRun", [](auto& s) { s.crash(2); }, "etcd-2 is back: CrashLoopBackOff"},
        NotBack{"WhileItIsNotReady", [](auto& s) { s.renew(2, false); }, "etcd-2 is back"},
        NotBack{"WhileItDoesNotAnswer", [](auto& s) { s.silence(2); }, "does not answer"},
        NotBack{"WhileItIsBehind", [](auto& s) { s.of(2).status->raft_index = 10; }, "4990 entries behind"},
        NotBack{"WhileItKnowsNoLeader", [](auto& s) { s.of(2).status->leader_id = 0; }, "knows no leader"},
        NotBack{"WhileItNamesAnotherLeader", [](auto& s) { s.of(2).status->leader_id = Scene::id_of(2); },
                "names another leader"},
        NotBack{"WhileItBelongsToAnotherCluster", [](auto& s) { s.of(2).status->cluster_id = 8; }, "another cluster"},
        NotBack{"WhileThereIsANewAlarm",
                [](auto& s) { s.of(0).alarms->push_back({.member_id = Scene::id_of(2), .type = "NOSPACE"}); },
                "alarm NOSPACE"},
        NotBack{"WhileItsDataAreCorrupt",
                [](auto& s) { s.of(0).alarms->push_back({.member_id = Scene::id_of(2), .type = "CORRUPT"}); },
                "CORRUPT"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Rolling, StopsWhenAMemberDoesNotComeBackInTime) {
    Scene scene;
    auto roller = careful();
    const auto step = scene.step(roller);
    roller.replaced(step.pod, step.uid);
    scene.renew(2);
    scene.of(2).status->leader_id = 0;
    EXPECT_EQ(scene.step(roller, 1s).kind, Kind::wait);
    EXPECT_EQ(scene.step(roller, 120s).kind, Kind::wait);
    const auto last = scene.step(roller, 121s);
    EXPECT_EQ(last.kind, Kind::stop);
    EXPECT_EQ(last.why, "etcd-2 runs, but did not come back in time: knows no leader");
    EXPECT_FALSE(last.hint.empty());
}

TEST(Rolling, SaysHowFarBehindAMemberIsThatIsBack) {
    Scene scene;
    auto roller = careful();
    const auto step = scene.step(roller);
    roller.replaced(step.pod, step.uid);
    scene.renew(2);
    scene.of(2).status->raft_index = 4997;
    EXPECT_EQ(scene.step(roller).pod, "etcd-1");
    const auto back = roller.returned();
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].pod, "etcd-2");
    EXPECT_EQ(back[0].entries_behind, 3U);
}

TEST(Rolling, AnAlarmThatWasThereBeforeStopsNothing) {
    Scene scene;
    scene.of(0).alarms->push_back({.member_id = Scene::id_of(1), .type = "NOSPACE"});
    auto roller = careful();
    const auto step = scene.step(roller);
    ASSERT_EQ(step.kind, Kind::replace);
    roller.replaced(step.pod, step.uid);
    scene.renew(2);
    EXPECT_EQ(scene.step(roller).pod, "etcd-1");
}

TEST(Rolling, AnAlarmOfWhichNobodyToldAtFirstWasThereBeforeAsWell) {
    Scene scene;
    auto roller = careful();
    for (int ordinal = 0; ordinal < 3; ++ordinal) {
        scene.of(ordinal).alarms.reset();
    }
    auto step = scene.step(roller);
    scene.of(0).alarms.emplace().push_back({.member_id = Scene::id_of(1), .type = "NOSPACE"});
    step = scene.step(roller);
    ASSERT_EQ(step.kind, Kind::replace);
    roller.replaced(step.pod, step.uid);
    scene.renew(2);
    EXPECT_EQ(scene.step(roller).pod, "etcd-1");
}

TEST(Rolling, AMomentsSilenceIsNoIllness) {
    Scene scene;
    scene.silence(0);
    auto roller = careful();
    EXPECT_EQ(scene.step(roller).kind, Kind::wait);
    EXPECT_EQ(scene.step(roller, 2900ms).kind, Kind::wait);
    scene.of(0) = Scene().of(0);
    EXPECT_EQ(scene.step(roller, 2950ms).pod, "etcd-2");
    scene.silence(0);
    EXPECT_EQ(scene.step(roller, 3100ms).kind, Kind::wait);  // counted anew
}

TEST(Rolling, WithoutAQuorumTheNextIllOneDoesNotWaitForTheFirst) {
    Scene scene;
    for (const int ordinal : {0, 1, 2}) {
        scene.crash(ordinal);
    }
    auto roller = careful();
    for (const int ordinal : {2, 1, 0}) {
        const auto step = scene.step(roller);
        ASSERT_EQ(step.kind, Kind::replace) << step.why;
        ASSERT_EQ(step.pod, "etcd-" + std::to_string(ordinal));
        EXPECT_TRUE(step.may_delete);
        roller.replaced(step.pod, step.uid);
        scene.renew(ordinal, false);
    }
    EXPECT_EQ(scene.step(roller).kind, Kind::wait);  // for all of them
    scene = Scene();
    for (const int ordinal : {0, 1, 2}) {
        scene.renew(ordinal);
    }
    EXPECT_EQ(scene.step(roller).kind, Kind::done);
    EXPECT_EQ(roller.returned().size(), 3U);
}

TEST(Rolling, StopsAtOnceForAMemberThatNoPodRuns) {
    Scene scene;
    for (auto& one : scene.answers) {
        one.members->push_back({.id = 0x99, .name = ""});
    }
    auto roller = careful();
    const auto step = scene.step(roller);
    EXPECT_EQ(step.kind, Kind::stop);
    EXPECT_TRUE(step.why.contains("member 99: was added to etcd, but has never started")) << step.why;
    auto bold = Roller({}, QuorumRisk::taken);
    const auto forced = scene.step(bold);
    EXPECT_EQ(forced.kind, Kind::replace);
    EXPECT_FALSE(forced.risk.empty());
}

TEST(Rolling, StopsWhenAMemberThatIsNewStaysIll) {
    Scene scene;
    scene.renew(2);
    scene.hang(2);
    auto roller = careful();
    EXPECT_EQ(scene.step(roller).kind, Kind::wait);
    EXPECT_EQ(scene.step(roller, 119s).kind, Kind::wait);
    const auto step = scene.step(roller, 120s);
    EXPECT_EQ(step.kind, Kind::stop);
    EXPECT_TRUE(step.why.contains("etcd-1 may not be taken down: etcd-2: does not answer")) << step.why;
}

TEST(Rolling, UnderForceItGoesOnButNotPastAMemberThatItReplacedItself) {
    Scene scene;
    scene.renew(2);
    scene.hang(2);
    auto roller = Roller({}, QuorumRisk::taken);
    EXPECT_EQ(scene.step(roller).kind, Kind::wait);
    const auto step = scene.step(roller, 16s);
    ASSERT_EQ(step.kind, Kind::replace) << step.why;
    EXPECT_EQ(step.pod, "etcd-1");
    EXPECT_TRUE(step.risk.contains("etcd-2: does not answer")) << step.risk;
    EXPECT_TRUE(step.may_delete) << "the budget would hold it for ever";
    roller.replaced(step.pod, step.uid);
    scene.renew(1);
    scene.silence(1);
    EXPECT_EQ(scene.step(roller, 17s).kind, Kind::wait);
    EXPECT_EQ(scene.step(roller, 140s).kind, Kind::stop);
}

TEST(Rolling, WhereKubernetesReplacesTheMembersItFreesOnlyThoseThatAreStuck) {
    Scene scene;
    scene.crash(2);
    auto roller = Roller({}, QuorumRisk::avoided, Roller::Reach::stuck);
    const auto step = scene.step(roller);
    ASSERT_EQ(step.kind, Kind::replace) << step.why;
    EXPECT_EQ(step.pod, "etcd-2");
    roller.replaced(step.pod, step.uid);
    scene = Scene();
    scene.renew(2);
    EXPECT_EQ(scene.step(roller).kind, Kind::done) << "the others are outdated, and well";
    scene.at(1).conditions[1].status = "False";
    const auto unready = scene.step(roller);
    EXPECT_EQ(unready.kind, Kind::replace) << "it serves, but Kubernetes waits until it is ready";
    EXPECT_EQ(unready.pod, "etcd-1");
}

TEST(Rolling, ASilentMemberThatEtcdCallsOtherwiseCountsAsAVoter) {
    Scene scene;
    for (auto& one : scene.answers) {
        for (auto& listed : *one.members) {
            listed.name = "node-" + listed.name;
        }
    }
    scene.silence(2);
    scene.crash(1);
    auto roller = careful();
    auto step = scene.step(roller);
    for (const auto later : {4s, 200s}) {
        if (step.kind == Kind::wait) {
            step = scene.step(roller, later);
        }
    }
    EXPECT_NE(step.pod == "etcd-2" && step.kind == Kind::replace, true) << "it may be our way to it that is broken";
}

TEST(Rolling, NoBudgetProtectsTheMembersOfOneOrTwo) {
    for (const int size : {1, 2, 3}) {
        const Scene scene(size);
        auto roller = careful();
        EXPECT_EQ(scene.step(roller).may_delete, size < 3) << size;
    }
}

TEST(Rolling, AnUnreadyMemberThatServesIsFirstAndMayBeDeletedWhenItCannotBeEvicted) {
    Scene scene;
    scene.at(1).conditions[1].status = "False";
    auto roller = careful();
    const auto step = scene.step(roller);
    EXPECT_EQ(step.pod, "etcd-1") << "it holds up the budget for the others";
    EXPECT_EQ(step.why, "follower");
    EXPECT_TRUE(step.may_delete);
}

TEST(Rolling, AMemberThatHasBackedOffSinceBeforeTheRunIsTriedAgainAtOnce) {
    Scene scene;
    for (const int i : {0, 1, 2}) {
        scene.renew(i);
    }
    scene.crash(1);
    Roller roller({}, QuorumRisk::avoided, Roller::Reach::all, {scene.at(1).meta.uid});
    EXPECT_EQ(roller.due(scene.view(), scene.set), std::vector<std::string>{"etcd-1"});
    auto trying = scene;
    trying.at(1).containers[0].waiting_reason = "ErrImagePull";  // it alternates with ImagePullBackOff
    EXPECT_EQ(roller.due(trying.view(), scene.set), std::vector<std::string>{"etcd-1"});
    const auto step = scene.step(roller);
    EXPECT_EQ(step.kind, Kind::replace) << step.why;
    EXPECT_EQ(step.pod, "etcd-1");
    EXPECT_EQ(step.reason, "tried again at once");
    EXPECT_TRUE(step.may_delete);
    roller.replaced("etcd-1", scene.at(1).meta.uid);
    scene.at(1).meta.uid = "another";
    EXPECT_EQ(scene.step(roller).kind, Kind::wait) << "once, and then it is waited for";
}

TEST(Rolling, AMemberWhoseSidecarAloneBacksOffIsLeftAlone) {
    Scene scene;
    for (const int i : {0, 1, 2}) {
        scene.renew(i);
    }
    scene.at(1).containers.push_back({.name = "sidecar", .waiting_reason = "CrashLoopBackOff"});
    Roller roller({}, QuorumRisk::avoided, Roller::Reach::all, {scene.at(1).meta.uid});
    EXPECT_EQ(scene.step(roller).kind, Kind::done) << "etcd may serve";
}

TEST(Rolling, APodThatKeepsTheOthersFromBeingMadeIsTriedAgain) {
    Scene scene;
    scene.renew(0);
    scene.crash(0);
    scene.pods.resize(1);
    scene.answers.resize(1);
    Roller roller({}, QuorumRisk::avoided, Roller::Reach::all, {scene.at(0).meta.uid});
    EXPECT_EQ(scene.step(roller).kind, Kind::wait) << "Parallel: the others are made all the same";
    scene.set.ordered_ready = true;
    const auto step = scene.step(roller);
    EXPECT_EQ(step.kind, Kind::replace) << step.why;
    EXPECT_EQ(step.pod, "etcd-0");
}

TEST(Rolling, AMemberThatRunsAgainAfterABackOffIsLeftAlone) {
    Scene scene;
    for (const int i : {0, 1, 2}) {
        scene.renew(i);
    }
    Roller roller({}, QuorumRisk::avoided, Roller::Reach::all, {scene.at(1).meta.uid});
    EXPECT_EQ(scene.step(roller).kind, Kind::done);
}

// None of them has ever had its image: each that is tried again is one more that runs, and there is no quorum to lose.
TEST(Rolling, MembersThatAllBackOffAreTriedAgainOneByOne) {
    Scene scene;
    std::set<std::string> all;
    for (const int i : {0, 1, 2}) {
        scene.renew(i);
        scene.crash(i);
        all.insert(scene.at(i).meta.uid);
    }
    Roller roller({}, QuorumRisk::avoided, Roller::Reach::all, all);
    std::vector<std::string> order;
    for (int i = 0; i < 3; ++i) {
        const auto step = scene.step(roller, std::chrono::seconds(i));
        ASSERT_EQ(step.kind, Kind::replace) << step.why;
        order.push_back(step.pod);
        roller.replaced(step.pod, step.uid);
        const int ordinal = step.pod.back() - '0';
        scene.renew(ordinal, false);
        scene.at(ordinal).meta.uid = "another-" + step.pod;
    }
    EXPECT_EQ(order, (std::vector<std::string>{"etcd-2", "etcd-1", "etcd-0"}));
}

}  // namespace
