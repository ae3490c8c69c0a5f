namespace MicroView.Host.Tests;

public sealed class ProcessGroupingTests
{
    private static (string, string) Name(string rule, string executable, string command, string name = "comm") =>
        new ProcessGrouping(rule).Name(new(42, name, executable, command.Length == 0 ? [] : command.Split(' '), "/jobs/a"));

    [Theory]
    [InlineData("/usr/sbin/nginx", "nginx: worker process", "nginx", "nginx")]
    [InlineData("/usr/bin/python3.12", "python3 /srv/api.py --port 80", "python3.12:api.py", "api.py")]
    [InlineData("/usr/bin/python3", "python3 -u -W ignore /srv/api.py", "python3:api.py", "api.py")]
    [InlineData("/usr/bin/python3", "python3 -m http.server 80", "python3:http.server", "http.server")]
    [InlineData("/usr/bin/python3", "python3 -c code", "python3", "python3")]
    [InlineData("/usr/bin/node", "node --require ./x.js --max-old-space-size=9 server.js", "node:server.js", "server.js")]
    [InlineData("/usr/lib/jvm/bin/java", "java -Xmx1g -cp a.jar:b.jar com.shop.Main", "java:com.shop.Main", "com.shop.Main")]
    [InlineData("/usr/lib/jvm/bin/java", "java -jar /opt/shop.jar x", "java:shop.jar", "shop.jar")]
    [InlineData("/usr/share/dotnet/dotnet", "dotnet exec --depsfile a.json /app/Shop.dll", "dotnet:Shop.dll", "Shop.dll")]
    [InlineData("/usr/bin/bash", "-bash", "bash", "bash")]
    [InlineData("/usr/bin/bash", "bash /dev/fd/3", "bash", "bash")]
    [InlineData("/usr/bin/dash", "sh -u /etc/run.sh", "dash:run.sh", "run.sh")]
    [InlineData("/opt/app (deleted)", "app", "app", "app")]
    [InlineData("", "postgres: writer", "postgres", "postgres")]
    [InlineData("", "", "comm", "comm")]
    public void Programs(string executable, string command, string pod, string service) => Assert.Equal((pod, service), Name("program", executable, command));

    [Theory]
    [InlineData("exe", "python3", "python3")]
    [InlineData("cmdline", "python3 /srv/api.py --shard 7", "api.py")]
    [InlineData("pid", "python3:api.py:42", "api.py")]
    [InlineData("cgroup", "/jobs/a", "api.py")]
    [InlineData(@"regex:(?<service>\w+)\.py --shard (?<pod>\d+)", "7", "api")]
    [InlineData("regex:nothing(?<pod>x)", "python3:api.py", "api.py")]
    public void Rules(string rule, string pod, string service) =>
        Assert.Equal((pod, service), Name(rule, "/usr/bin/python3", "python3 /srv/api.py --shard 7"));

    [Theory]
    [InlineData("programs")]
    [InlineData("regex:(")]
    [InlineData("regex:(?<name>x)")]
    public void A_wrong_rule_is_refused_with_a_reason(string rule)
    {
        Assert.NotNull(ProcessGrouping.Check(rule));
        Assert.NotNull(new NodeSourceOptions { Grouping = rule }.Check());
    }

    [Fact]
    public void Any_text_becomes_a_pod_id()
    {
        foreach (var text in (string[])["", "\n\0", "a#b", new('é', 5000), "\uD800lone", "😀" + new string('x', 400)])
            Assert.Null(MicroView.Protocol.NameRules.CheckPod(ProcessGrouping.Clean(text)));
    }
}
