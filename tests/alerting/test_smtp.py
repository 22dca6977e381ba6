import pytest

from pipeline.alerting.smtp import SmtpSettings, smtp_from_connection, smtp_from_environment
from pipeline.config import read_settings
from pipeline.errors import ConfigError


def _read(tmp_path, **changes):
    variables = {f"AUSCULT_SMTP_{name}": value for name, value in changes.items()}
    return smtp_from_environment(read_settings({"AUSCULT_HOME": str(tmp_path), **variables}))


def test_without_a_host_the_error_says_what_to_set(tmp_path):
    with pytest.raises(ConfigError, match="AUSCULT_SMTP_HOST is not set"):
        _read(tmp_path)


def test_the_default_is_starttls_on_the_submission_port(tmp_path):
    smtp = _read(tmp_path, HOST="mail.clinic.org", USER="clinic", PASSWORD="s3cret-word")
    assert (smtp.host, smtp.port, smtp.tls, smtp.timeout_s) == ("mail.clinic.org", 587, "starttls", 600)
    assert (smtp.user, smtp.password) == ("clinic", "s3cret-word")
    assert "s3cret-word" not in repr(smtp)
    assert "clinic'" not in repr(smtp)


@pytest.mark.parametrize(("tls", "port"), [("ssl", 465), ("starttls", 587), ("STARTTLS", 587)])
def test_each_tls_mode_has_its_port(tmp_path, tls, port):
    assert _read(tmp_path, HOST="mail.clinic.org", TLS=tls).port == port
    assert _read(tmp_path, HOST="mail.clinic.org", TLS=tls, PORT="2525").port == 2525


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_plain_text_is_allowed_on_loopback(tmp_path, host):
    assert _read(tmp_path, HOST=host, TLS="none").tls == "none"


@pytest.mark.parametrize("host", ["mail.clinic.org", "10.0.0.1", "localhost.evil.example", "0.0.0.0"])
def test_plain_text_to_another_host_needs_a_word(tmp_path, host):
    with pytest.raises(ConfigError, match="loopback hosts only"):
        _read(tmp_path, HOST=host, TLS="none")
    with pytest.raises(ConfigError, match="loopback hosts only"):
        _read(tmp_path, HOST=host, TLS="none", ALLOW_PLAIN="0")
    assert _read(tmp_path, HOST=host, TLS="none", ALLOW_PLAIN="1").tls == "none"


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORT": "smtp"},
        {"PORT": "0"},
        {"PORT": "70000"},
        {"TLS": "tls1.0"},
        {"HOST": "mail.clinic.org\r\nEHLO x"},
        {"HOST": "mail clinic"},
        {"USER": "clinic"},
        {"PASSWORD": "hunter2"},
        {"USER": "clinic", "PASSWORD": "hunter2-pässword"},
        {"USER": "clinic\r\nRSET", "PASSWORD": "hunter2"},
        {"CA_FILE": "/nowhere/ca.pem"},
    ],
)
def test_wrong_values_are_refused_and_secrets_not_quoted(tmp_path, wrong):
    with pytest.raises(ConfigError) as refused:
        _read(tmp_path, **({"HOST": "mail.clinic.org"} | wrong))
    assert "hunter2" not in str(refused.value)


def test_an_airflow_connection_is_read_as_its_provider_reads_it():
    def read(**extra):
        smtp = smtp_from_connection("mail.clinic.org", None, "u", "p", extra)
        return smtp.tls, smtp.port

    assert read() == ("ssl", 465)
    assert read(disable_ssl=True) == ("starttls", 587)
    assert read(disable_ssl="true", from_email="a@b.org") == ("starttls", 587)
    assert read(disable_ssl=False, disable_tls=True) == ("ssl", 465)
    assert read(disable_ssl=True, disable_tls=True, allow_plain=True) == ("none", 25)
    with pytest.raises(ConfigError, match="loopback"):
        read(disable_ssl=True, disable_tls=True)
    with pytest.raises(ConfigError, match="ssl_context"):
        read(ssl_context="none")
    with pytest.raises(ConfigError, match="no host"):
        smtp_from_connection(None, 25, None, None, {})
    assert smtp_from_connection(
        "127.0.0.1", 2525, None, None, {"disable_ssl": True, "disable_tls": True}
    ) == SmtpSettings("127.0.0.1", 2525, tls="none")
