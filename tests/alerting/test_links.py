import pytest

from pipeline.alerting.links import evidence_link, permalink

GOOD = [
    ("x", "9", "https://x.com/jane_doe/status/17900?s=20", "https://x.com/i/status/17900"),
    ("x", "9", "https://mobile.twitter.com/jane_doe/status/17900", "https://x.com/i/status/17900"),
    ("x", "9", "https://x.com/i/web/status/17900", "https://x.com/i/status/17900"),
    ("x", "17900", None, "https://x.com/i/status/17900"),
    ("reddit", "", "https://old.reddit.com/r/health/comments/abc/a_title", "https://www.reddit.com/comments/abc/"),
    ("reddit", "", "http://reddit.com/r/h/comments/abc/t/xyz/", "https://www.reddit.com/comments/abc/_/xyz/"),
    ("reddit", "t3_abc", "https://evil.example/", "https://www.reddit.com/comments/abc/"),
    (
        "facebook",
        "",
        "https://m.facebook.com/story.php?story_fbid=12&id=34&name=jane",
        "https://www.facebook.com/permalink.php?story_fbid=12&id=34",
    ),
    ("facebook", "", "https://www.facebook.com/groups/1/posts/2/", "https://www.facebook.com/groups/1/posts/2"),
    (
        "google_reviews",
        "",
        "https://www.google.com/maps/reviews/@39.1,-84.5,17z/data=!3m1!4b1",
        "https://www.google.com/maps/reviews/data=!3m1!4b1",
    ),
    ("nextdoor", "", "https://nextdoor.com/p/AbC_9-x?view=detail", "https://nextdoor.com/p/AbC_9-x"),
    (
        "youtube",
        "",
        "https://m.youtube.com/watch?v=abcdefghijk&lc=UgxQ.9x&ab_channel=Jane",
        "https://www.youtube.com/watch?v=abcdefghijk&lc=UgxQ.9x",
    ),
    ("instagram", "", "https://instagram.com/jane.doe/reel/Cx_1-aZ/?igsh=1", "https://www.instagram.com/reel/Cx_1-aZ/"),
    ("facebook", "", "https://www.facebook.com/12_34", "https://www.facebook.com/12_34"),
    (
        "bluesky",
        "at://did:plc:abcdefghijklmnopqrstuv23/app.bsky.feed.post/3kq",
        None,
        "https://bsky.app/profile/did:plc:abcdefghijklmnopqrstuv23/post/3kq",
    ),
]

BAD = [
    ("x", "https://x.com.evil.example/jane/status/1"),
    ("x", "https://evilx.com/jane/status/1"),
    ("x", "https://x.com@evil.example/jane/status/1"),
    ("x", "https://jane@x.com/jane/status/1"),
    ("x", "https://x.com:8080/jane/status/1"),
    ("x", "https://x.com/jane_doe"),
    ("x", "https://x.com/jane/status/١٢"),
    ("x", "https://reddit.com/r/a/comments/abc/t/"),
    ("x", "javascript:alert(1)//x.com/jane/status/1"),
    ("x", "data:text/html,<a href=https://x.com/i/status/1>"),
    ("x", "ftp://x.com/jane/status/1"),
    ("x", "https://[::1/jane/status/1"),
    ("x", "https://x.com/jane/status/1\r\nBcc: evil@example.org"),
    ("x", 'https://x.com/jane/status/1"><script>'),
    ("reddit", "https://www.reddit.com/user/jane_doe/comments/abc"),
    ("facebook", "https://www.facebook.com/jane.doe/posts/12"),
    ("facebook", "https://www.facebook.com/permalink.php?story_fbid=12&id=jane"),
    ("google_reviews", "https://www.google.com/url?q=https://evil.example"),
    ("google_reviews", "https://www.google.com/maps/contrib/123456/reviews"),
    ("forum", "https://forum.example/t/1"),
    ("bluesky", "https://bsky.app/profile/jane.bsky.social/post/3kq"),
    ("mastodon", "https://social.example/@jane/123"),
    ("youtube", "https://www.youtube.com/@jane"),
    ("instagram", "https://www.instagram.com/jane.doe/"),
    ("", "https://x.com/jane/status/1"),
]


@pytest.mark.parametrize(("platform", "identity", "url", "address"), GOOD)
def test_a_permalink_is_rebuilt_from_ids_alone(platform, identity, url, address):
    assert permalink(platform, identity, url).address == address
    assert permalink(platform, "", address).address == address


@pytest.mark.parametrize(("platform", "url"), BAD)
def test_any_other_address_becomes_words(platform, url):
    link = permalink(platform, "post-7", url)
    assert link.address is None
    assert "id post-7" in link.words
    assert "evil" not in link.words


def test_an_id_that_is_not_one_is_not_shown():
    assert permalink("forum", "a <b>\r\nid", None).words == "forum post, see the warehouse"


def test_only_verified_public_addresses_are_links():
    good = {"address": "https://journal.org/b", "verified": True}
    assert evidence_link(good).address == "https://journal.org/b"
    unchecked = evidence_link(good | {"verified": False})
    assert (unchecked.address, unchecked.words) == (None, "https://journal.org/b (address not checked)")
    for address in ("javascript:alert(1)", "https://localhost/x", "https://a@b.org/", "", None, "https://1.2.3.4/"):
        assert evidence_link({"address": address, "verified": True}).address is None


def test_a_mastodon_post_is_found_by_server_and_number_alone():
    link = permalink("mastodon", "social.example/1234", "https://social.example/@jane/1234")
    assert link.address == "https://social.example/statuses/1234"
    assert permalink("mastodon", "social.example/jane", "https://social.example/@jane/1234").address is None
