// The StorageClasses of the sandbox: a directory per claim, handed out as a
// `local` volume bound to the node the scheduler picked. The nodes share the
// machine's file system, so the directory is made and removed right here and
// no helper pods are needed. The kubelet gives usage figures for local
// volumes, not for hostPath ones.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// What a StorageClass asks for is this, and the name of a folder.
const prefix = "etcd-deploy.sandbox/"

type provisioner struct {
	root string // every volume is a directory of this one
}

func (p provisioner) Provision(_ context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	if options.SelectedNodeName == "" {
		return nil, controller.ProvisioningFinished, errors.New("no node is selected: the StorageClass needs volumeBindingMode WaitForFirstConsumer")
	}
	if options.PVC.Spec.VolumeMode != nil && *options.PVC.Spec.VolumeMode == v1.PersistentVolumeBlock {
		return nil, controller.ProvisioningFinished, errors.New("block volumes are not served here")
	}
	// As on a new disk, only root may write: a pod with another user needs
	// fsGroup, here as in a real cluster.
	path := filepath.Join(p.root, options.PVName)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	mode := v1.PersistentVolumeFilesystem
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			AccessModes:                   options.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: options.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			StorageClassName:              options.StorageClass.Name,
			VolumeMode:                    &mode,
			PersistentVolumeSource:        v1.PersistentVolumeSource{Local: &v1.LocalVolumeSource{Path: path}},
			NodeAffinity: &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{{
				MatchExpressions: []v1.NodeSelectorRequirement{{
					Key:      v1.LabelHostname,
					Operator: v1.NodeSelectorOpIn,
					Values:   []string{options.SelectedNodeName},
				}},
			}}}},
		},
	}, controller.ProvisioningFinished, nil
}

func (p provisioner) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	local := volume.Spec.Local
	if local == nil || filepath.Dir(local.Path) != p.root {
		return fmt.Errorf("volume %s is not a directory of %s", volume.Name, p.root)
	}
	return os.RemoveAll(local.Path)
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "the kubeconfig `FILE` to use")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: provisioner --kubeconfig FILE NAME=DIRECTORY…\n\nServes the provisioner "+prefix+"NAME with volumes in DIRECTORY, an absolute path.")
		flag.PrintDefaults()
	}
	flag.Parse()
	roots := map[string]string{}
	for _, argument := range flag.Args() {
		name, root, found := strings.Cut(argument, "=")
		if !found || name == "" || !filepath.IsAbs(root) {
			return fmt.Errorf("%q is not NAME=DIRECTORY with an absolute path", argument)
		}
		roots[name] = filepath.Clean(root)
	}
	if len(roots) == 0 {
		return errors.New("no NAME=DIRECTORY is given")
	}

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// All are made before any runs: to make one writes into the client's global scheme, which those that run read.
	var controllers []*controller.ProvisionController
	for name, root := range roots {
		controllers = append(controllers, controller.NewProvisionController(ctx, client, prefix+name, provisioner{root: root},
			controller.LeaderElection(false)))
	}
	var serving sync.WaitGroup
	for _, each := range controllers {
		serving.Go(func() { each.Run(ctx) })
	}
	serving.Wait()
	return nil
}

func main() {
	if err := run(); err != nil {
		log.Fatal("provisioner: ", err)
	}
}
