var builder = WebApplication.CreateSlimBuilder(args);
var app = builder.Build();
app.MapGet("/", () => "ok");
app.MapGet("/orders/{id:int}", (int id) => id > 0 ? Results.Text($"order {id}") : Results.NotFound());
app.Run();


