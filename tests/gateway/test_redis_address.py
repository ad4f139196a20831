"""The addresses of Redis: what is understood, what is refused, what is never shown."""

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.models.gateway.redis.address import (
    InvalidAddress,
    read_address,
)

SECRETS = ("s3cret", "p@ss", "p%40ss")


@tagged("post_install", "-at_install")
class TestRedisAddress(BaseCase):
    def test_one_server(self):
        address = read_address(" redis://redis.example:7000/2\n")
        self.assertEqual(address.hosts, (("redis.example", 7000),))
        self.assertEqual((address.options, address.service), ({"db": 2}, ""))
        self.assertEqual(str(address), "redis://redis.example:7000/2")

    def test_what_is_left_out_is_as_usual(self):
        address = read_address("redis://localhost")
        self.assertEqual(address.hosts, (("localhost", 6379),))
        self.assertEqual(address.options, {"db": 0})
        address = read_address("redis+sentinel://one,two:1/name")
        self.assertEqual(address.hosts, (("one", 26379), ("two", 1)))

    def test_a_login_may_hold_any_character(self):
        address = read_address("redis://us%3Aer:p%40ss%2F%25@[::1]:1/0")
        login = {"username": "us:er", "password": "p@ss/%"}
        self.assertEqual(address.options, {"db": 0, **login})
        self.assertEqual(address.hosts, (("::1", 1),))
        self.assertEqual(str(address), "redis://[::1]:1/0")
        self.assertEqual(read_address("redis://:p@@host").options["password"], "p@")

    def test_tls(self):
        address = read_address(
            "rediss://host/0?ssl_ca_certs=%2Fetc%2Fca.pem&ssl_check_hostname=false"
        )
        checked = {"db": 0, "ssl": True, "ssl_cert_reqs": "required"}
        named = {"ssl_ca_certs": "/etc/ca.pem", "ssl_check_hostname": False}
        self.assertEqual(address.options, {**checked, **named})
        self.assertEqual(address.files, ("/etc/ca.pem",))
        self.assertEqual(read_address("rediss://host").options, checked)
        unchecked = read_address("rediss://host?ssl_cert_reqs=None").options
        self.assertEqual(unchecked, {**checked, "ssl_cert_reqs": "none"})

    def test_sentinels(self):
        address = read_address(
            "rediss+sentinel://user:p%40ss@a:1,b:2,[::1]:3/my%20name/4"
            "?sentinel_username=watch&sentinel_password=s3cret"
        )
        self.assertEqual(address.hosts, (("a", 1), ("b", 2), ("::1", 3)))
        tls = {"ssl": True, "ssl_cert_reqs": "required"}
        login = {"username": "user", "password": "p@ss"}
        watch = {"username": "watch", "password": "s3cret"}
        self.assertEqual(address.service, "my name")
        self.assertEqual(address.options, {"db": 4, **login, **tls})
        self.assertEqual(address.sentinel_options, {**watch, **tls})
        for text in (str(address), repr(address)):
            for secret in SECRETS:
                self.assertNotIn(secret, text)

    def test_what_is_refused_says_why_and_shows_no_secret(self):
        for url, words in (
            ("", "begins with"),
            ("redis.example:6379", "begins with"),
            ("http://:s3cret@redis.example", "begins with"),
            ("redis://", "host:port"),
            ("redis://:s3cret@/0", "host:port"),
            ("redis://host:port/0", "host:port"),
            ("redis://host:70000/0", "host:port"),
            ("redis://[::1/0", "not a URL"),
            ("redis://:s3cret@one,two/0", "Sentinel"),
            ("redis://host/zero", "database number"),
            ("redis://host/0/1", "database number"),
            ("redis+sentinel://:s3cret@one,two", "name of the service"),
            ("redis+sentinel://one,two/name/x", "database number"),
            ("redis://host/0?s3cret", "do not belong"),
            ("redis://host/0?ssl_ca_certs=/x", "ssl_ca_certs"),
            ("redis://host/0?sentinel_password=s3cret", "sentinel_password"),
            ("rediss://host/0?ssl_cert_reqs=perhaps", "ssl_cert_reqs"),
            ("redis://:s3c#ret@host/0", "%23"),
        ):
            with self.subTest(url=url), self.assertRaises(InvalidAddress) as caught:
                read_address(url)
            error = caught.exception
            self.assertIn(words, str(error))
            for secret in (*SECRETS, "s3c"):
                self.assertNotIn(secret, str(error) + repr(error.params))
