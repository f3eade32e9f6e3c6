package build

import (
	"path"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
)

// rendererContainer holds the keys, the database and the bytes, and never decodes.
func rendererContainer(e *Environment) *corev1ac.ContainerApplyConfiguration {
	c := corev1ac.Container().
		WithName(ContainerRenderer).
		WithImage(e.RendererImage).
		WithImagePullPolicy(corev1.PullIfNotPresent).
		// Why it could not start is then in the pod's status, where the operator looks.
		WithTerminationMessagePolicy(corev1.TerminationMessageFallbackToLogsOnError).
		WithArgs("--config="+path.Join(configDir, configFile)).
		WithPorts(
			corev1ac.ContainerPort().WithName("http").WithContainerPort(portMedia).WithProtocol(corev1.ProtocolTCP),
			corev1ac.ContainerPort().WithName("internal").WithContainerPort(portInternal).WithProtocol(corev1.ProtocolTCP),
		).
		WithStartupProbe(internalProbe("/livez").WithPeriodSeconds(1).WithTimeoutSeconds(1).WithFailureThreshold(120)).
		WithLivenessProbe(internalProbe("/livez").WithPeriodSeconds(10).WithTimeoutSeconds(5).WithFailureThreshold(3)).
		WithReadinessProbe(internalProbe("/readyz").WithPeriodSeconds(1).WithTimeoutSeconds(2).WithFailureThreshold(3)).
		WithLifecycle(preStop(preStopSeconds)).
		WithSecurityContext(containerSecurity()).
		WithResources(requirements(e.rendererResources(), rendererFootprint)).
		WithVolumeMounts(
			mount(volumeConfig, configDir).WithReadOnly(true),
			mount(volumeToken, tokenDir).WithReadOnly(true),
			mount(volumeSocket, socketDir),
			mount(volumeCache, cacheDir),
			mount(volumeTemporary, "/tmp"),
		)
	if e.usesVolume() {
		c.WithVolumeMounts(mount(volumeData, dataDir))
	}
	if e.usesPostgres() {
		c.WithVolumeMounts(mount(volumeDatabase, databaseDir).WithReadOnly(true))
	}
	if e.bucketSecret() != "" {
		c.WithVolumeMounts(mount(volumeBucket, bucketDir).WithReadOnly(true))
	}
	if e.backsUpToVolume() {
		c.WithVolumeMounts(mount(volumeBackup, backupDir))
	}
	if e.backupSecret() != "" {
		c.WithVolumeMounts(mount(volumeBackupBucket, backupBucketDir).WithReadOnly(true))
	}
	if e.tokenSecret() != nil {
		c.WithVolumeMounts(mount(volumeTokens, tokensDir).WithReadOnly(true))
	}
	return c
}

// engineContainer decodes, and holds nothing worth stealing: no Secret, no token, only the socket.
func engineContainer(e *Environment) *corev1ac.ContainerApplyConfiguration {
	health := corev1ac.ExecAction().WithCommand("/engine", "healthcheck", "--socket="+socketFile)
	return corev1ac.Container().
		WithName(ContainerEngine).
		WithImage(e.EngineImage).
		WithImagePullPolicy(corev1.PullIfNotPresent).
		WithArgs("--socket="+socketFile, "--children="+strconv.Itoa(int(e.Effective.EngineChildren))).
		WithStartupProbe(corev1ac.Probe().WithExec(health).
			WithPeriodSeconds(1).WithTimeoutSeconds(5).WithFailureThreshold(120)).
		WithLivenessProbe(corev1ac.Probe().WithExec(health).
			WithPeriodSeconds(20).WithTimeoutSeconds(10).WithFailureThreshold(3)).
		WithLifecycle(preStop(enginePreStopSeconds)).
		WithSecurityContext(containerSecurity()).
		WithResources(requirements(e.engineResources(), engineFootprint)).
		WithVolumeMounts(mount(volumeSocket, socketDir))
}

// internalProbe asks the renderer's internal port.
func internalProbe(path string) *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().WithHTTPGet(corev1ac.HTTPGetAction().
		WithPath(path).
		WithPort(intstr.FromString("internal")).
		WithScheme(corev1.URISchemeHTTP))
}

// mount puts a volume of the pod at a folder.
func mount(volume, folder string) *corev1ac.VolumeMountApplyConfiguration {
	return corev1ac.VolumeMount().WithName(volume).WithMountPath(folder)
}
