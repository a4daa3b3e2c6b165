// How long each state that a rollout can get stuck in may last, before it is called
// hopeless. One table: the input `grace`, its help and the rules are made of it.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace model {

// Zero: at once.
struct Graces {
    std::chrono::seconds image_name{0};
    std::chrono::seconds image_not_found{0};
    std::chrono::seconds image_pull{90};  // back-off without "not found": a registry may recover
    // An operator may make the Secret only after helm's apply; the kubelet tries again after 10 to 16 s.
    std::chrono::seconds container_config{20};
    std::chrono::seconds create_container{60};  // CreateContainerError, RunContainerError, ContainerCannotRun
    std::chrono::seconds crash_loop{0};
    // It may wait for something by failing. Four tries take a minute, six ten.
    std::chrono::seconds hook_crash_loop{120};
    std::chrono::seconds unschedulable{45};  // an autoscaler needs some 20 s to say that it adds a node
    std::chrono::seconds scale_up{600};      // it has said so
    std::chrono::seconds volume_mount{150};  // FailedMount, FailedAttachVolume
    std::chrono::seconds storage_class{0};
    std::chrono::seconds provisioning{30};  // a claim whose provisioner reports failures
    std::chrono::seconds claim_lost{0};
    std::chrono::seconds creation_refused{10};  // FailedCreate
    std::chrono::seconds stuck_terminating{120};
    std::chrono::seconds not_ready{120};  // longer than a member needs to catch up, once its startup probe has passed
    std::chrono::seconds node_lost{120};  // a machine needs about as long to restart
    int crash_restarts = 2;               // restarts since we look, then it is a crash loop
};

struct NamedGrace {
    std::string_view name;  // as the input has it
    std::chrono::seconds Graces::* member;
    std::string_view meaning;  // "a container cannot be created"
};

inline constexpr std::array named_graces{
    NamedGrace{"image-name", &Graces::image_name, "an image has no valid name"},
    NamedGrace{"image-not-found", &Graces::image_not_found,
               "there is no such image: the registry says so, or the node, which may not pull it"},
    NamedGrace{"image-pull", &Graces::image_pull,
               "an image cannot be pulled, and the registry does not say that there is none"},
    NamedGrace{"container-config", &Graces::container_config,
               "a Secret or ConfigMap is missing that a container is configured with"},
    NamedGrace{"create-container", &Graces::create_container, "a container cannot be created or started"},
    NamedGrace{"crash-loop", &Graces::crash_loop, "a container keeps crashing, counted from its second restart"},
    NamedGrace{"hook-crash-loop", &Graces::hook_crash_loop,
               "a hook's Job keeps failing, and its chart does not say how often it may (`backoffLimit`); counted from "
               "its second failure"},
    NamedGrace{"unschedulable", &Graces::unschedulable, "no node takes a pod"},
    NamedGrace{"scale-up", &Graces::scale_up,
               "no node takes a pod, and an autoscaler has said that it adds one; or a scheduling gate keeps it from "
               "every node"},
    NamedGrace{"volume-mount", &Graces::volume_mount, "a volume cannot be attached or mounted"},
    NamedGrace{"storage-class", &Graces::storage_class, "there is no such storage class"},
    NamedGrace{"provisioning", &Graces::provisioning, "a volume cannot be made"},
    NamedGrace{"claim-lost", &Graces::claim_lost, "a volume claim has lost its volume"},
    NamedGrace{"creation", &Graces::creation_refused, "pods cannot be created: a quota, or an admission webhook"},
    NamedGrace{"terminating", &Graces::stuck_terminating,
               "a pod does not go away, counted from the end of its own "
               "grace period"},
    NamedGrace{"not-ready", &Graces::not_ready, "a member that runs does not become ready"},
    NamedGrace{"node-lost", &Graces::node_lost, "the node of a pod does not answer"},
};

}  // namespace model
