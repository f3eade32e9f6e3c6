package v1alpha1

// Condition types of every kind. They have the shape that kstatus reads: Ready is normally True; Reconciling and
// Stalled are normally False. All three are present from the first status write.
const (
	// ConditionReady is True when the object does what its spec says.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the controller works towards the spec or waits for something that will come
	// by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when somebody has to act before the controller can go on.
	ConditionStalled = "Stalled"
)

// Condition types of the parts of a ProductEnvironment. Ready sums them up.
const (
	// ConditionStorageReady tells about the place of the bytes: the volume claim or the bucket.
	ConditionStorageReady = "StorageReady"
	// ConditionDatabaseReady tells about the place of the library: the volume, or the Secret that leads to the database.
	ConditionDatabaseReady = "DatabaseReady"
	// ConditionCredentialsReady tells about the Secrets with the access keys.
	ConditionCredentialsReady = "CredentialsReady"
	// ConditionConfigurationReady tells about the renderer's configuration file and its rights.
	ConditionConfigurationReady = "ConfigurationReady"
	// ConditionRendererReady tells about the renderer's Deployment and pods.
	ConditionRendererReady = "RendererReady"
	// ConditionBackupReady tells about the place of the backups. It is there where the spec has a backup.
	ConditionBackupReady = "BackupReady"
	// ConditionExposed tells about the Service in front of the renderer.
	ConditionExposed = "Exposed"
)

// ConditionWithinQuota of a ProductEnvironment is True while no quota of its spec is used up. It is there where the spec has
// quotas, and no part of Ready: what is stored is delivered as ever.
const ConditionWithinQuota = "WithinQuota"

// Reasons of ConditionWithinQuota.
const (
	// ReasonWithinQuota says that no quota is used up.
	ReasonWithinQuota = "WithinQuota"
	// ReasonQuotaExceeded says that a quota is used up; the message names it.
	ReasonQuotaExceeded = "QuotaExceeded"
)

// Reasons shared by several conditions. A reason is a word for machines; what to do stands in the message.
const (
	// ReasonReady says that everything is as the spec wants it.
	ReasonReady = "Ready"
	// ReasonProgressing says that the controller waits for something that is on its way.
	ReasonProgressing = "Progressing"
	// ReasonIdle says that there is nothing to do (Reconciling) or nothing in the way (Stalled).
	ReasonIdle = "Idle"
	// ReasonInvalidSpec says that the spec breaks a rule; the message names the field paths.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonNotOwned says that an object of the name we need exists and belongs to somebody else. It is never seized.
	ReasonNotOwned = "NotOwned"
	// ReasonApplyFailed says that the API server refused or failed a write; it is tried again.
	ReasonApplyFailed = "ApplyFailed"
	// ReasonDeleting says that the object is being deleted.
	ReasonDeleting = "Deleting"
	// ReasonEnvironmentNotFound says that spec.environmentRef names no ProductEnvironment of the namespace.
	ReasonEnvironmentNotFound = "EnvironmentNotFound"
	// ReasonEnvironmentPending says that the environment has no cloud name yet.
	ReasonEnvironmentPending = "EnvironmentPending"
)

// Reasons of a ProductEnvironment.
const (
	// ReasonCloudNameTaken says that another environment holds the cloud name; the message names it.
	ReasonCloudNameTaken = "CloudNameTaken"
	// ReasonRenameRefused says that spec.cloudName asks for another name than the environment holds, which so many
	// assets are stored under that it takes the annotation that the message names.
	ReasonRenameRefused = "RenameRefused"
	// ReasonImmutable says that a field was changed that cannot change once the volume exists.
	ReasonImmutable = "Immutable"
	// ReasonVolumePending says that the volume claim waits for its volume.
	ReasonVolumePending = "VolumePending"
	// ReasonVolumeLost says that the volume behind the claim is gone.
	ReasonVolumeLost = "VolumeLost"
	// ReasonNoEnabledKey says that access keys exist but none is enabled.
	ReasonNoEnabledKey = "NoEnabledKey"
	// ReasonKeysPending says that no access key has its Secret yet.
	ReasonKeysPending = "KeysPending"
	// ReasonSecretNotFound says that a Secret which the spec names does not exist; the message names both.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretInvalid says that a Secret which the spec names lacks an entry, or that the entry cannot be used.
	ReasonSecretInvalid = "SecretInvalid"
	// ReasonBucketUnreachable says that the store of the bucket does not answer.
	ReasonBucketUnreachable = "BucketUnreachable"
	// ReasonBucketCredentialsRefused says that the store does not know the credentials.
	ReasonBucketCredentialsRefused = "BucketCredentialsRefused"
	// ReasonBucketNotOurs says that the bucket belongs to somebody else. It is left alone.
	ReasonBucketNotOurs = "BucketNotOurs"
	// ReasonBucketNotAllowed says that the store knows the credentials and does not let them do what is needed.
	ReasonBucketNotAllowed = "BucketNotAllowed"
	// ReasonBucketFailed says that the store answered with an error of another kind; it is tried again.
	ReasonBucketFailed = "BucketFailed"
	// ReasonNotLocked says that backups are kept where nothing locks them: whoever can write there can delete them.
	ReasonNotLocked = "NotLocked"
	// ReasonDatabaseUnavailable says that the renderer runs and cannot use its database.
	ReasonDatabaseUnavailable = "DatabaseUnavailable"
	// ReasonBucketUnavailable says that the renderer runs and cannot use its bucket.
	ReasonBucketUnavailable = "BucketUnavailable"
	// ReasonDataLeft is the reason of the event that says which data a deleted environment had to leave.
	ReasonDataLeft = "DataLeft"
	// ReasonUnschedulable says that no node takes the renderer's pod.
	ReasonUnschedulable = "Unschedulable"
	// ReasonPodsRefused says that a quota or a policy refuses the renderer's pods.
	ReasonPodsRefused = "PodsRefused"
	// ReasonImagePullFailed says that an image cannot be pulled.
	ReasonImagePullFailed = "ImagePullFailed"
	// ReasonContainerConfig says that a container cannot be created, for example because a Secret is missing.
	ReasonContainerConfig = "ContainerConfig"
	// ReasonCrashing says that a container keeps exiting.
	ReasonCrashing = "Crashing"
	// ReasonServiceUnreachable says that the renderer's pods are ready and the Service in front of them does not answer yet.
	ReasonServiceUnreachable = "ServiceUnreachable"
	// ReasonScaledToZero says that spec.renderer.replicas is 0.
	ReasonScaledToZero = "ScaledToZero"
	// ReasonWaitingForStorage says that the renderer is not started before its storage is settled.
	ReasonWaitingForStorage = "WaitingForStorage"
)

// Reasons of the kinds that configure an environment.
const (
	// ReasonNameTaken says that an older object of the environment has the same external name; the message names it.
	ReasonNameTaken = "NameTaken"
	// ReasonInvalidReference says that the spec names something that the environment does not have, a metadata field for
	// example; the message names the field path and what is missing.
	ReasonInvalidReference = "InvalidReference"
)

// Reasons of a WebhookTrigger.
const (
	// ReasonUnsupported says that the spec asks for something that renderers do not do; the message names it.
	ReasonUnsupported = "Unsupported"
	// ReasonPrivateAddress says that spec.uri names a private address that the environment does not open.
	ReasonPrivateAddress = "PrivateAddress"
)

// Reasons of an AccessKey.
const (
	// ReasonDisabled says that spec.enabled is false: requests with this key are refused.
	ReasonDisabled = "Disabled"
)

// Reasons of an AssetImport.
const (
	// ReasonPending says that no renderer has begun the run.
	ReasonPending = "Pending"
	// ReasonSuspended says that spec.suspend halts the run.
	ReasonSuspended = "Suspended"
	// ReasonAssetsFailed says that the run is over and that some assets could not be imported; status.progress lists them.
	ReasonAssetsFailed = "AssetsFailed"
	// ReasonImportFailed says that the run could not go on; the message says why.
	ReasonImportFailed = "ImportFailed"
)
