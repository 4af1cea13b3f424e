"""The real servers that tests run against: versitygw, MinIO, PostgreSQL and `mlflow server`."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from server import Server, http_status

ROOT = Path(__file__).resolve().parents[2]
REGION, BUCKET = "us-east-1", "tidemill-tests"
ACCESS_KEY, SECRET_KEY = "tidemill-tests", "tidemill-tests-secret"


class S3Server(Server):
    """An S3 server with one bucket, whose data is below `data`."""

    def __init__(self):
        super().__init__()
        self.data = self.folder / "data"
        self.binary = None

    def prepare(self):
        built = subprocess.run([ROOT / "tools" / "servers.sh", self.name], stdout=subprocess.PIPE, text=True,
                               check=True)
        self.binary = built.stdout.strip()
        (self.data / BUCKET).mkdir(parents=True)

    @property
    def environment(self):
        return {"TIDEMILL_TEST_S3": self.url, "TIDEMILL_TEST_S3_BUCKET": BUCKET, "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    @property
    def mlflow_environment(self):
        """By which mlflow, its server and its client, reads and writes s3:// locations here."""
        return {**self.environment, "MLFLOW_S3_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION}

    def client(self, **options):
        import boto3

        return boto3.client("s3", endpoint_url=self.url, region_name=REGION, aws_access_key_id=ACCESS_KEY,
                            aws_secret_access_key=SECRET_KEY, **options)


class Versitygw(S3Server):
    """With a certificate it speaks TLS."""

    name = "versitygw"

    def __init__(self, certificate=None):
        super().__init__()
        self.certificate = certificate

    @property
    def url(self):
        return super().url.replace("http:", "https:" if self.certificate else "http:")

    def command(self):
        tls = ["--cert", self.certificate.file, "--key", self.certificate.key] if self.certificate else []
        return [self.binary, "--port", f"127.0.0.1:{self.port}", "--region", REGION, "--quiet", "--health",
                "/health", *tls, "posix", self.data]

    def settings(self):
        return {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}

    def is_ready(self):
        return http_status(self.url + "/health") == 200

    def client(self):
        return super().client(verify=self.certificate.file) if self.certificate else super().client()


class Minio(S3Server):
    name = "minio"

    def command(self):
        return [self.binary, "server", "--quiet", "--address", f"127.0.0.1:{self.port}", self.data]

    def settings(self):
        return {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "MINIO_REGION": REGION,
                "MINIO_BROWSER": "off", "MINIO_UPDATE": "off", "HOME": str(self.folder)}

    def is_ready(self):
        return http_status(self.url + "/minio/health/ready") == 200


def s3_server():
    """versitygw, or MinIO where TIDEMILL_TEST_S3_SERVER says so; not started yet."""
    return {"versitygw": Versitygw, "minio": Minio}[os.environ.get("TIDEMILL_TEST_S3_SERVER", "versitygw")]()


class Postgres(Server):
    """PostgreSQL as Debian has it, durable as it is by default; it refuses to run as root."""

    name = "postgres"
    stop_signal = signal.SIGINT  # does not wait for its clients
    user, password, database = "tidemill", "secret", "tidemill"

    def __init__(self):
        super().__init__()
        self.data = self.folder / "data"
        versions = Path("/usr/lib/postgresql").glob("*/bin/postgres")
        self.programs = max((path.parent for path in versions), key=lambda path: int(path.parts[4]),
                            default=None)
        assert self.programs, "no PostgreSQL on this machine; tools/setup.sh --servers installs it"

    def prepare(self):
        password = self.folder / "password.txt"
        password.write_text(self.password + "\n")
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            shutil.chown(password, "postgres")
        self._run("setpriv", *self.user_options(), self.programs / "initdb", "--pgdata", self.data,
                  "--username", self.user, "--pwfile", password, "--auth", "scram-sha-256",
                  "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")

    def command(self):
        return [self.programs / "postgres", "-D", self.data, "-h", "127.0.0.1",
                "-p", str(self.port), "-c", "unix_socket_directories="]

    def is_ready(self):
        answer = subprocess.run([self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                                check=False)
        return answer.returncode == 0

    def settle(self):
        self.create_database(self.database)

    def create_database(self, name):
        """An empty database; returns its address."""
        self._run(self.programs / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", self.user, name,
                  environment={"PGPASSWORD": self.password})
        return self.address(name)

    def address(self, database):
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def environment(self):
        return {"TIDEMILL_TEST_POSTGRES": self.address(self.database)}

    def user_options(self):
        as_root = os.getuid() == 0
        return ["--reuid", "postgres", "--regid", "postgres", "--init-groups"] if as_root else []

    def _run(self, *command, environment=None):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False,
                              env={**os.environ, **(environment or {})})
        assert done.returncode == 0, f"{command[-1]}: {done.stdout}{done.stderr}"


class MlflowServer(Server):
    """`mlflow server` of the Python that runs this.

    store      where it keeps its facts: sqlite:/// or postgresql://; a file of its own by default
    artifacts  a folder or an s3:// location, which the server reads and writes for its clients
    is_proxy   False: the clients read and write there themselves
    extra      environment variables, such as S3Server.mlflow_environment
    password   when given, only the user `admin` with this password is let in
    """

    name = "mlflow"
    seconds_to_start = 300

    def __init__(self, store=None, artifacts=None, extra=None, password=None, is_proxy=True):
        super().__init__()
        self.store = store or f"sqlite:///{self.folder}/mlflow.db"
        self.artifacts = str(artifacts or self.folder / "artifacts")
        self.extra = extra or {}
        self.password = password
        self.is_proxy = is_proxy

    def command(self):
        where = (["--serve-artifacts", "--artifacts-destination"] if self.is_proxy
                 else ["--no-serve-artifacts", "--default-artifact-root"])
        guard = ["--app-name", "basic-auth"] if self.password else []
        return [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self.store,
                *where, self.artifacts, "--host", "127.0.0.1",
                "--port", str(self.port), "--workers", "1", *guard]

    def settings(self):
        settings = {**self.extra, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        if self.password:
            users = self.folder / "users.ini"
            users.write_text(
                f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{self.folder}/users.db\n"
                f"admin_username = admin\nadmin_password = {self.password}\n"
                "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n")
            settings |= {"MLFLOW_AUTH_CONFIG_PATH": str(users), "MLFLOW_FLASK_SERVER_SECRET_KEY": "tests"}
        return settings

    def is_ready(self):
        return http_status(self.url + "/health") == 200

    @property
    def environment(self):
        user = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": self.password}
        return {"TIDEMILL_TEST_MLFLOW": self.url, **(user if self.password else {})}
